/** LIM-2: what strangers stream is read up to a limit, however it comes. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { beginningOf } from "../../src/stream.ts";

/** A stream of these pieces, which then ends, or breaks off. */
function streamOf(pieces: readonly Uint8Array[], breaksOff = false): ReadableStream<Uint8Array> {
  const left = pieces.filter(({ length }) => length > 0);
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) return controller.enqueue(piece.slice());
      if (breaksOff) return controller.error(new Error("gone"));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

it("LIM-2: gives the first bytes in their order, and tells whether there were more", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat({ max: 20_000 }), async (given, most) => {
      const all = joined(given);
      const { bytes, isWhole } = await beginningOf(streamOf(given), most);
      expect(Buffer.compare(bytes, all.subarray(0, most))).toBe(0);
      expect(isWhole).toBe(all.length <= most);
    }),
  );
});

it("LIM-2: takes exactly the limit, of single bytes too, and not one more", async () => {
  const singles = Array.from({ length: 10_000 }, (_, index) => Uint8Array.of(index % 256));
  const whole = await beginningOf(streamOf(singles), 10_000);
  expect(whole).toEqual({ bytes: joined(singles), isWhole: true });
  expect(whole.bytes.buffer.byteLength).toBeLessThanOrEqual(10_000);
  expect(await beginningOf(streamOf(singles), 9_999)).toEqual({ bytes: joined(singles).slice(0, -1), isWhole: false });
});

it("LIM-2: what breaks off is no beginning", async () => {
  await expect(beginningOf(streamOf([new Uint8Array(5000)], true), 10_000)).rejects.toThrow("gone");
});
