/** LIM-2: what the HTTP surfaces accept at most, in one place. Lengths of text are in characters (code points). */

/** Bytes of a body of the activation API (spec 5). */
export const ACTIVATION_BODY_BYTES = 64 * 1024;
/** Bytes of a body of /v3. */
export const MANAGEMENT_BODY_BYTES = 1024 * 1024;
/** Objects and lists inside each other. */
export const BODY_DEPTH = 32;
/** Entries of `errors` in one problem. */
export const ERRORS_SHOWN = 20;
/** A request path shown as `instance`. */
export const INSTANCE_CHARACTERS = 1024;
/** An `Authorization` header: license tokens are about 1 KB. */
export const AUTHORIZATION_CHARACTERS = 8192;

/** Activation API members (spec 5, NET-2). */
export const FINGERPRINT_CHARACTERS = 1024;
export const EMAIL_CHARACTERS = 320;
export const VERSION_CHARACTERS = 256;
export const HOSTNAME_CHARACTERS = 1024;
export const USER_HASH_CHARACTERS = 256;
export const VM_NAME_CHARACTERS = 256;
export const DURATION_CHARACTERS = 64;

/** Seconds that a client waits after a 503 that names no other time (architecture decision 14). */
export const RETRY_AFTER_SECONDS = 30;

/** LIM-1: the bindings of wrangler.toml, which cannot be read at run time. */
export const BURST = { limit: 100, periodSeconds: 10 } as const;
export const MISSES = { limit: 100, periodSeconds: 60 } as const;
/** Addresses that one isolate remembers as over the limit of misses. */
export const BLOCKED_ADDRESSES = 10_000;
