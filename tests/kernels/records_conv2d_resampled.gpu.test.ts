import { RECORDS } from "./records/records.ts";
import { isConv2d, isResampled, testRecords } from "./records/suite.ts";

testRecords(RECORDS.filter(isConv2d), isResampled);
