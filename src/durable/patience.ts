/** Waiting for something at most so long. */

export interface Timer {
  /** Resolves at the end of the time, unless it is cancelled. */
  readonly over: Promise<void>;
  /** A timer that is left alone keeps the object awake. */
  cancel(): void;
}

export type StartTimer = (ms: number) => Timer;

export const startTimer: StartTimer = (ms) => {
  let id: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    id = setTimeout(resolve, ms);
  });
  return { over, cancel: () => clearTimeout(id) };
};

/**
 * What `work` answers, if it does within `ms`. What is late goes on, and how it ends is nobody's business any more;
 * work that could go on for ever asks `isLate`.
 */
export async function atMost<T>(
  ms: number,
  start: StartTimer,
  work: (isLate: () => boolean) => Promise<T>,
): Promise<T | "late"> {
  let late = false;
  const timer = start(ms);
  const over = timer.over.then(() => {
    late = true;
    return "late" as const;
  });
  try {
    return await Promise.race([work(() => late), over]);
  } finally {
    timer.cancel();
  }
}
