/** docs/limits.md: every limit that callers can meet (LIM-1, LIM-2), from the constants that hold them. */

import { MOST_RECORDS } from "../src/domain/commands/idempotency.ts";
import { MOST_ENTITLEMENTS } from "../src/domain/license/entitlements.ts";
import { LONGEST_RUN, MOST_LICENSES, STEP_LICENSES } from "../src/domain/license/job.ts";
import { MOST_METADATA_ITEMS } from "../src/domain/license/list-members.ts";
import { MOST_METERS } from "../src/domain/license/meters.ts";
import { MOST_PENDING } from "../src/domain/license/pending.ts";
import { USAGE_DAYS } from "../src/domain/turn/denials.ts";
import * as http from "../src/http/limits.ts";
import { BURST, MISSES, TRAFFIC, TRIALS } from "../src/http/limits.ts";
import { BATCH_BYTES } from "../src/operations/license/create-license.ts";
import { MOST_WEBHOOKS } from "../src/operations/webhook/create-webhook.ts";
import { COUNT_LIMIT } from "../src/registry/find/page.ts";
import { WALK } from "../src/registry/find/seek.ts";
import { MOST_FEATURES } from "../src/registry/rows/features.ts";
import { KEYS_PER_PRODUCT } from "../src/registry/rows/signing-keys.ts";
import { LIMITS } from "../src/webhooks/limits.ts";

export const DOCUMENT = "docs/limits.md";

type Row = readonly [what: string, limit: number | string, beyond: string];
interface Table {
  readonly heading: string;
  readonly about?: string;
  readonly rows: readonly Row[];
}

const named: string[] = [];
const HTTP: Readonly<Record<string, unknown>> = http;

/** A limit of `src/http/limits.ts` by its name; a test sees that each of them is on the page. */
function of(name: keyof typeof http): number {
  named.push(name);
  const value = HTTP[name];
  if (typeof value !== "number") throw new Error(`${name} is no number`);
  return value;
}

const RATES = { BURST, MISSES, TRAFFIC, TRIALS };

function rate(name: keyof typeof RATES): string {
  named.push(name);
  const { limit, periodSeconds } = RATES[name];
  return `${shown(limit)} in ${periodSeconds} seconds`;
}

const BAD = "400, and the member";
const TABLES: readonly Table[] = [
  {
    heading: "Calls",
    about:
      "By address, which is `CF-Connecting-IP`, IPv6 by /64. Numbers of the bindings in `wrangler.toml` " +
      "(`[[ratelimits]]`). `npm start` limits nothing unless `.dev.vars` says `RATE_LIMITS=on`.",
    rows: [
      ["Calls, but for renewals, check-ins and syncs, which count by session", rate("BURST"), "429"],
      ["All calls", rate("TRAFFIC"), "429"],
      ["Unknown keys and credentials that fail", rate("MISSES"), "429 for guesses; what proves itself passes"],
      ["Trials that begin", rate("TRIALS"), "429"],
      ["Addresses that an isolate remembers as guessing", of("BLOCKED_ADDRESSES"), "the oldest is forgotten"],
      ["Access tokens that an isolate remembers as good", of("KNOWN_ACCESS_TOKENS"), "D1 is asked"],
    ],
  },
  {
    heading: "Bodies, headers and paths",
    rows: [
      ["A body of the activation API, bytes", of("ACTIVATION_BODY_BYTES"), "413"],
      ["A body of /v3, bytes", of("MANAGEMENT_BODY_BYTES"), "413"],
      ["Objects and lists inside each other", of("BODY_DEPTH"), "400"],
      ["Unknown members that are looked at for misspelling", of("STRANGE_MEMBERS"), "the rest is not looked at"],
      ["Faults that a problem names", of("ERRORS_SHOWN"), "the rest is not named"],
      ["`Authorization`, characters", of("AUTHORIZATION_CHARACTERS"), "401"],
      ["`If-Match`, characters", of("IF_MATCH_CHARACTERS"), "400"],
      ["A path as `instance`, characters", of("INSTANCE_CHARACTERS"), "cut off"],
      ["How long an `Idempotency-Key` is kept, seconds", of("IDEMPOTENCY_SECONDS"), "the call has its effect again"],
      ["Keys that one license keeps", MOST_RECORDS, "429"],
    ],
  },
  {
    heading: "What devices send",
    about: "In characters, which are code points.",
    rows: [
      ["`fingerprint`", of("FINGERPRINT_CHARACTERS"), BAD],
      ["`email`", of("EMAIL_CHARACTERS"), BAD],
      ["A version", of("VERSION_CHARACTERS"), BAD],
      ["`hostname`", of("HOSTNAME_CHARACTERS"), BAD],
      ["`userHash`", of("USER_HASH_CHARACTERS"), BAD],
      ["`vmName`", of("VM_NAME_CHARACTERS"), BAD],
      ["A duration", of("DURATION_CHARACTERS"), BAD],
      ["A product's id", of("PRODUCT_ID_CHARACTERS"), BAD],
      ["Metadata of an activation, bytes as JSON", of("DEVICE_METADATA_BYTES"), BAD],
      ["Metadata of a trial, bytes as JSON", of("TRIAL_METADATA_BYTES"), BAD],
    ],
  },
  {
    heading: "Licenses",
    rows: [
      ["Licenses that one call creates", of("BATCH_LICENSES"), BAD],
      ["All of them as they are created, bytes as JSON", BATCH_BYTES, BAD],
      ["Products that a license covers", of("LICENSED_PRODUCTS"), BAD],
      ["Metadata items", MOST_METADATA_ITEMS, BAD],
      ["Metadata, bytes as JSON", of("METADATA_BYTES"), BAD],
      ["A metadata item's key, characters", of("METADATA_KEY_CHARACTERS"), BAD],
      ["A metadata item's value, characters", of("METADATA_VALUE_CHARACTERS"), BAD],
      ["Entitlements of its own", MOST_ENTITLEMENTS, BAD],
      ["Entitlements, of its own or of a set, bytes as JSON", of("ENTITLEMENT_BYTES"), BAD],
      ["Meter attributes", MOST_METERS, BAD],
      ["A meter attribute's name, characters", of("METER_NAME_CHARACTERS"), BAD],
      ["Tags", of("LICENSE_TAGS"), BAD],
      ["An entry of a list of countries or addresses, characters", of("ENTRY_CHARACTERS"), BAD],
      ["`externalReference` and `renewalReference`, characters", of("REFERENCE_CHARACTERS"), BAD],
      ["A period, characters", of("INTERVAL_CHARACTERS"), BAD],
      ["A key pattern, characters", of("KEY_PATTERN_CHARACTERS"), BAD],
      ["A count", of("LARGEST_COUNT"), BAD],
      ["A duration, seconds", of("LARGEST_SECONDS"), BAD],
      ["Renewals and extensions that wait for the first activation", MOST_PENDING, "400"],
      ["Licenses of a job", MOST_LICENSES, BAD],
      ["Licenses of one step of a job", STEP_LICENSES, "the next step goes on"],
      ["How long a job goes on, seconds", LONGEST_RUN / 1_000, "it ends as it is"],
    ],
  },
  {
    heading: "Catalogue",
    rows: [
      ["A name, characters", of("NAME_CHARACTERS"), BAD],
      ["A description, characters", of("DESCRIPTION_CHARACTERS"), BAD],
      ["A product's text, characters", of("PRODUCT_TEXT_CHARACTERS"), BAD],
      ["A legal notice, characters", of("LEGAL_NOTICE_CHARACTERS"), BAD],
      ["A URL, characters", of("URL_CHARACTERS"), BAD],
      ["Features", MOST_FEATURES, "400"],
      ["A feature's name, characters", of("FEATURE_NAME_CHARACTERS"), BAD],
      ["A feature's value, characters", of("FEATURE_VALUE_CHARACTERS"), BAD],
      ["Tags of a user", of("USER_TAGS"), BAD],
      ["Signing keys of a product", KEYS_PER_PRODUCT, "400"],
      ["A private key that is brought along, characters", of("PRIVATE_KEY_CHARACTERS"), BAD],
      ["Scopes of an access token", of("SCOPES_PER_TOKEN"), BAD],
    ],
  },
  {
    heading: "Webhooks",
    rows: [
      ["Webhooks", MOST_WEBHOOKS, "400"],
      ["A webhook's URL, characters", of("WEBHOOK_URL_CHARACTERS"), BAD],
      ["Its bearer token, characters", of("WEBHOOK_TOKEN_CHARACTERS"), BAD],
      ["Its patterns of events", of("EVENT_PATTERNS"), BAD],
      ["Deliveries on their way at a time", LIMITS.lanes, "the next waits"],
      ["One delivery, milliseconds", LIMITS.exchangeMs, "it has failed"],
      ["Events that wait", LIMITS.waitingEvents, "it is suspended: `backlog-full`"],
      ["Their bytes", LIMITS.waitingBytes, "the same"],
      ["Attempts that are kept", LIMITS.attempts, "the oldest goes"],
    ],
  },
  {
    heading: "Lists, searches and charts",
    rows: [
      ["Rows of a page, where nothing is said", of("PAGE_ROWS"), ""],
      ["Rows of a page", of("LARGEST_PAGE"), BAD],
      ["How far pages are counted, rows", of("DEEPEST_ROW"), "400; the `Link` header goes on"],
      ["How far a list is counted, rows", COUNT_LIMIT, "`Pagination-Count-Capped`"],
      ["Rows that a list looks at for a page", WALK, "400, and the filter that needs another beside it"],
      ["A cursor, characters", of("CURSOR_CHARACTERS"), "400"],
      ["Filters of one query", of("FILTERS"), "400"],
      ["Values of one filter", of("FILTER_VALUES"), "400"],
      ["A filter's value, characters", of("FILTER_VALUE_CHARACTERS"), "400"],
      ["Words of `search`", of("SEARCH_WORDS"), "400"],
      ["What `POST /v3/search` looks for, characters", of("SEARCH_CHARACTERS"), BAD],
      ["What it finds of each kind", of("LARGEST_SEARCH"), BAD],
      ["Days of a chart", of("CHART_DAYS"), "400"],
      ["Days of a license's usage, where nothing is said", of("USAGE_DAYS_SHOWN"), ""],
      ["Days of a license's usage that are kept", USAGE_DAYS, "400"],
      ["Objects that one resync asks", of("RESYNCED_OBJECTS"), BAD],
      ["Rows of one look after a restore", of("RECOVERY_ROWS"), "`next` goes on"],
    ],
  },
];

/** The names of `src/http/limits.ts` that are not on the page. */
export const UNSAID: readonly string[] = Object.keys(http).filter((name) => !named.includes(name));

export function limitsDocument(): string {
  const tables = TABLES.map(({ heading, about, rows }) => {
    const lines = rows.map(([what, limit, beyond]) => `| ${what} | ${shown(limit)} | ${beyond} |`);
    const head = ["| what | at most | beyond that |", "| --- | ---: | --- |"];
    return [`## ${heading}`, "", ...(about === undefined ? [] : [about, ""]), ...head, ...lines].join("\n");
  });
  return `${HEAD}\n\n${tables.join("\n\n")}\n`;
}

const HEAD = `# Limits

Every list, batch, body, text and rate has one. This page is made by \`npm run limits\` from the constants in the code, most of which stand in \`src/http/limits.ts\`. What retries and background work do at a time is in [operations.md](operations.md), what a license may hold by what it was sold with in [members.md](members.md).

A 429 of a rate limit says when to come back: \`Retry-After\`, \`X-Rate-Limit-Limit\`, \`-Remaining\` and \`-Reset\`, and \`RateLimit\` and \`RateLimit-Policy\` in the words of the IETF's draft ([page 79](decisions/0079-what-is-told-of-rate-limits.md)).`;

function shown(limit: number | string): string {
  return typeof limit === "string" ? limit : limit.toLocaleString("en");
}
