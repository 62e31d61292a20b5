/**
 * How often a write that others can outrun is tried, and how long it waits in between. Whoever is outrun was outrun by
 * a change that came through, so that of as many changes at once every one does.
 */

export const ATTEMPTS = 30;

/** Milliseconds; of the first pause, which doubles. */
const PAUSE_FIRST = 10;
const PAUSE_MOST = 200;

/** After the attempt of this number, counted from 0. By chance up to the whole pause, so that those that met part. */
export async function pauseAfter(attempt: number): Promise<void> {
  const most = Math.min(PAUSE_FIRST * 2 ** attempt, PAUSE_MOST);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * most));
}
