// Twins of src/inspect/cases/cast.ts.
import { SCALE } from "../../../src/inspect/cases/cast.ts";
import { narrow, widen } from "../../reference/cast.ts";
import { oneTerm, type Twins } from "./twin.ts";

export const castTwins: Twins = {
  narrow: ({ x }) => ({ y: oneTerm(narrow(x!)), scaled: oneTerm(narrow(x!, SCALE)) }),
  widen: ({ x }) => ({ y: oneTerm(widen(x!)) }),
};
