/**
 * Reads what a stranger streams (LIM-2). What it costs follows the bytes and not the chunks, which may be of one byte
 * each: they are copied into one buffer, which grows to the limit and no further.
 */

/** What one read takes at most, and the buffer has at first (bytes). */
const STEP_BYTES = 4096;

export interface Beginning {
  /** At most as many as were asked for. */
  readonly bytes: Uint8Array;
  /** False: there was more, which is left unread. */
  readonly isWhole: boolean;
}

/** The standard's reader; the generated types lack `min`: so many bytes at least, but where the stream ends before. */
interface Reader {
  read(view: Uint8Array<ArrayBuffer>, options: { readonly min: number }): Promise<Read>;
  cancel(): Promise<void>;
}

interface Read {
  readonly done: boolean;
  /** The last bytes may come with the end or before it. */
  readonly value?: Uint8Array<ArrayBuffer> | undefined;
}

/** Rejects if the stream breaks off before. */
export async function beginningOf(stream: ReadableStream<Uint8Array>, mostBytes: number): Promise<Beginning> {
  // The runtime fills a buffer that we bring, and comes back when it is full: of its own it would take one per chunk.
  const reader: Reader = stream.getReader({ mode: "byob" });
  let view = new Uint8Array(STEP_BYTES);
  let kept = new Uint8Array(0);
  let size = 0;
  for (;;) {
    const { done, value = new Uint8Array(0) } = await reader.read(view, { min: view.length });
    const taken = value.subarray(0, mostBytes - size);
    if (size + taken.length > kept.length) kept = grown(kept, size + taken.length, mostBytes);
    kept.set(taken, size);
    size += taken.length;
    const isWhole = taken.length === value.length;
    if (!isWhole) await reader.cancel().catch(() => undefined);
    if (done || !isWhole) return { bytes: kept.subarray(0, size), isWhole };
    view = new Uint8Array(value.buffer);
  }
}

function grown(kept: Uint8Array, least: number, most: number): Uint8Array<ArrayBuffer> {
  const wider = new Uint8Array(Math.min(most, Math.max(least, 2 * kept.length)));
  wider.set(kept);
  return wider;
}
