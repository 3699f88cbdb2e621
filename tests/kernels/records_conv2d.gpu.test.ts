import { RECORDS } from "./records/records.ts";
import { isConvolution, testRecords } from "./records/suite.ts";

testRecords(RECORDS.filter(isConvolution));
