/** LIM-2: what the HTTP surfaces accept at most, in one place. Lengths of text are in characters (code points). */

/** Bytes of a body of the activation API (CALL-1). */
export const ACTIVATION_BODY_BYTES = 64 * 1024;
/** Bytes of a body of /v3. */
export const MANAGEMENT_BODY_BYTES = 1024 * 1024;
/** Objects and lists inside each other. */
export const BODY_DEPTH = 32;
/** IN-3: members of a body that stand in no table. */
export const STRANGE_MEMBERS = 64;
/** Entries of `errors` in one problem. */
export const ERRORS_SHOWN = 20;
/** Licenses that one call creates. */
export const BATCH_LICENSES = 100;
/** A private key as PEM, or one part of it as JWK; RSA of 4096 bits has some 3,300. */
export const PRIVATE_KEY_CHARACTERS = 8192;
/** Days of one chart. */
export const CHART_DAYS = 400;
/** A request path shown as `instance`. */
export const INSTANCE_CHARACTERS = 1024;
/** An `Authorization` header; license tokens have about a thousand characters. */
export const AUTHORIZATION_CHARACTERS = 16_384;

/** An `If-Match` header: some hundred tags of ours. */
export const IF_MATCH_CHARACTERS = 4096;

/** Activation API members (CALL-1, NET-2). */
export const FINGERPRINT_CHARACTERS = 1024;
/** What is searched for in one box, a fingerprint being the longest; and what it finds of one kind at most. */
export const SEARCH_CHARACTERS = FINGERPRINT_CHARACTERS;
export const LARGEST_SEARCH = 20;
export const EMAIL_CHARACTERS = 320;
export const VERSION_CHARACTERS = 256;
export const HOSTNAME_CHARACTERS = 1024;
export const USER_HASH_CHARACTERS = 256;
export const VM_NAME_CHARACTERS = 256;
export const DURATION_CHARACTERS = 64;
/** Of an id as a body names it: more than a UUID has. */
export const PRODUCT_ID_CHARACTERS = 256;

/** LIM-1: the bindings of wrangler.toml, which cannot be read at run time. `name` is told where one is met. */
export interface RateLimited {
  readonly name: string;
  readonly limit: number;
  readonly periodSeconds: number;
}
export const BURST: RateLimited = { name: "burst", limit: 100, periodSeconds: 10 };
export const MISSES: RateLimited = { name: "misses", limit: 100, periodSeconds: 60 };
/** Trials that begin at an address: counted by the binding of misses. */
export const TRIALS: RateLimited = { ...MISSES, name: "trials" };
/** All calls of an address. */
export const TRAFFIC: RateLimited = { name: "traffic", limit: 1_000, periodSeconds: 10 };
/** Addresses that one isolate remembers as over the limit of misses. */
export const BLOCKED_ADDRESSES = 10_000;
/** Access tokens that one isolate remembers as good, for a minute. */
export const KNOWN_ACCESS_TOKENS = 1_000;
/** How long a license keeps an idempotency key (MGMT-4). */
export const IDEMPOTENCY_SECONDS = 86_400;

/** /v3 members (docs/members.md). */
export const NAME_CHARACTERS = 256;
export const PRODUCT_TEXT_CHARACTERS = 4096;
export const LEGAL_NOTICE_CHARACTERS = 16_384;
export const URL_CHARACTERS = 2048;
/** MGMT-1: filters of one query, values of one repeated filter, characters of one value, words of a search. */
export const FILTERS = 20;
export const FILTER_VALUES = 20;
export const FILTER_VALUE_CHARACTERS = 4096;
export const SEARCH_WORDS = 8;
export const METADATA_KEY_CHARACTERS = 256;
export const METADATA_VALUE_CHARACTERS = 4096;
export const METER_NAME_CHARACTERS = 256;
/** Bytes of a whole metadata list as JSON: an event holds up to three, and a row of the object 2 MB. */
export const METADATA_BYTES = 300_000;
/** The same of what a device says of itself, with each activation and sync. */
export const DEVICE_METADATA_BYTES = 16_384;
/** The same of a trial, which anybody may begin. */
export const TRIAL_METADATA_BYTES = 4_096;
/** Bytes as JSON of a license's own entitlements, and of a set's: they are in each token, which travels in headers. */
export const ENTITLEMENT_BYTES = 4096;
export const FEATURE_NAME_CHARACTERS = 256;
export const FEATURE_VALUE_CHARACTERS = 1024;
/** Tags of one license, and of one user. */
export const LICENSE_TAGS = 5;
export const USER_TAGS = 10;
/** KEY-1: the pattern, not the key. */
export const KEY_PATTERN_CHARACTERS = 256;
export const DESCRIPTION_CHARACTERS = 4096;
export const REFERENCE_CHARACTERS = 255;
export const INTERVAL_CHARACTERS = 64;
export const LICENSED_PRODUCTS = 100;
/** Of an entry of a list of countries or addresses. */
export const ENTRY_CHARACTERS = 64;
export const SCOPES_PER_TOKEN = 64;
/** HOOK-1. Patterns: more than there are types. */
export const WEBHOOK_URL_CHARACTERS = 256;
export const WEBHOOK_TOKEN_CHARACTERS = 256;
export const EVENT_PATTERNS = 64;
/** Of a count: activations, deactivations, floating clients. */
export const LARGEST_COUNT = 2_147_483_647;
/** Of a duration in seconds: a hundred years of 365.25 days. */
export const LARGEST_SECONDS = 3_155_760_000;

/** Days of a license's usage that are shown where nobody says how many. */
export const USAGE_DAYS_SHOWN = 30;
/** OPS-1: objects that one call may ask, and rows of one look through D1. */
export const RESYNCED_OBJECTS = 100;
export const RECOVERY_ROWS = 500;

/** MGMT-1: rows of one page, by default and at most, and how far pages may be counted. */
export const PAGE_ROWS = 20;
export const LARGEST_PAGE = 100;
export const DEEPEST_ROW = 10_000;
export const CURSOR_CHARACTERS = 4096;
