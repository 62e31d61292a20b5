/** A rate limit without a window: the real ones may begin anew at any call, and so take twice as many to be met. */

export const ALLOWED = 10;
/** More than are allowed. */
export const SENT = 15;
/** Of `SENT` calls: those that passed, and those that met the limit. */
export const MET = [ALLOWED, SENT - ALLOWED];

/** Lets so many pass for each key, for ever. */
export function counter(): RateLimit {
  const counts = new Map<string, number>();
  return {
    limit: ({ key }) => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return Promise.resolve({ success: count <= ALLOWED });
    },
  };
}
