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

/** What `work` answers, if it does within `ms`. What is late goes on, and how it ends is nobody's business any more. */
export async function atMost<T>(ms: number, start: StartTimer, work: () => Promise<T>): Promise<T | "late"> {
  const timer = start(ms);
  try {
    return await Promise.race([work(), timer.over.then(() => "late" as const)]);
  } finally {
    timer.cancel();
  }
}
