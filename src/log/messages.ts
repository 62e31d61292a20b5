/**
 * THE TABLE of what lines of the log can say, and how loud: docs/operations.md tells an operator what to do about each.
 * Texts are for ever, since alerts look for them.
 */

export const MESSAGES = {
  // Of requests.
  request: "info",
  bug: "error",
  "D1 does not answer": "warn",
  "an access token could not be looked up": "warn",
  "the last use of an access token was not recorded": "warn",
  "a look-up in D1 failed": "warn",
  "a load from D1 failed": "warn",
  "an export broke off": "warn",
  "a kept answer does not open": "error",
  "a license was not born in its region": "warn",
  "a license's object did not answer": "error",
  "a license could not be compared with D1": "error",
  "a webhook's object did not answer": "warn",
  "a deleted webhook's object did not answer": "warn",
  "a changed webhook's object did not answer": "warn",
  "a webhook's object took no events": "warn",
  "an event cannot be logged": "error",
  // Of the deployment and its secrets.
  "the deployment does not open": "error",
  "the objects cannot be reached": "error",
  "the probe of D1 failed": "warn",
  "a signing key does not open": "error",
  "a secret does not open and cannot be wrapped again": "error",
  "the identity provider's keys could not be fetched": "warn",
  "tokens of the identity provider are refused": "warn",
  // Of the cron.
  "events wait to be handed over": "warn",
  "licenses that have ended unused wait to be told of": "warn",
  "a license could not be born to tell of its end": "warn",
  "changed e-mails wait to be carried": "warn",
  "licenses wait for a changed e-mail": "warn",
  "a license did not take a changed e-mail": "error",
  "a license of a job did not take its change": "error",
  "license jobs wait to go on": "warn",
  "private keys wait to be wrapped again": "warn",
  "the event log waits to be shortened": "warn",
  "kept answers wait to be forgotten": "warn",
  "days were not counted": "warn",
  "refusals were not counted": "warn",
  // Of objects.
  "an alarm did not finish": "error",
  "the next alarm could not be told": "error",
  "a license could not be taken over from D1": "error",
  "what a change needs could not be reserved in D1": "error",
  "a hand-over to D1 failed and will be tried again": "error",
  "a webhook did not take events, which will be handed over again": "error",
  "a deleted license could not be removed from D1": "error",
  "D1 could not be compared with a license": "error",
  "a webhook's row could not be read": "error",
  "D1's log could not be read": "error",
  "a webhook's row, or D1's log, could not be read": "error",
  "an event could not be made ready for delivery": "error",
  "a webhook's status could not be written": "error",
  "whether D1 knows a webhook's status could not be told": "error",
} as const satisfies Readonly<Record<string, Level>>;

export type Level = "info" | "warn" | "error";

export type Message = keyof typeof MESSAGES;
