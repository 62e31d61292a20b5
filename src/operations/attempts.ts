/**
 * How often a write that others can outrun is tried, and how long it waits in between. Whoever is outrun was outrun by
 * a change that came through, so that of as many changes at once every one does.
 */

export const ATTEMPTS = 30;

/** Milliseconds; of the first pause, which doubles. */
const PAUSE_FIRST = 10;
const PAUSE_MOST = 200;

/** How somebody waits: the Worker by a timer, a test as it likes. */
export interface Pauses {
  /** `length` in ms. */
  readonly pause: (length: number) => Promise<void>;
}

export async function pause(length: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, length));
}

/** Ms, after the attempt of this number, counted from 0. By chance up to the whole, so that those that met part. */
export function pauseAfter(attempt: number): number {
  return Math.random() * Math.min(PAUSE_FIRST * 2 ** attempt, PAUSE_MOST);
}
