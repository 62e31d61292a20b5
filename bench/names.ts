/** What the rows of the report are called. */

export const FLOOR_NAMES = {
  constant: "answers a constant",
  signature: "signs an ES256 token",
  insertAndSign: "one RPC, one insert, one signature",
  insert: "one RPC, one insert",
} as const;

export const OUR_NAMES = {
  activate: "activate (new device)",
  resume: "activate (same device)",
  renew: "renew",
  checkIn: "check-in",
  checkOut: "check-out",
  refuse: "refused activation",
  see: "GET license",
  birth: "first activation (birth)",
} as const;

export const HOW_TO_INSTALL = "apt-get install postgresql";
