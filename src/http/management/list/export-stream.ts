/**
 * A whole list as one CSV file, written page by page while it is read (MGMT-1's members, all rows). A file that is
 * whole ends in a line end; one that broke off does not, and its connection is reset.
 */

import type { Context } from "hono";
import type { Pages } from "../../../registry/rows/export-pages.ts";
import { isOutage } from "../../../registry/db/outage.ts";
import { csvHead, csvRow } from "./csv.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { instant } from "../resource/instant.ts";
import { seen, type Subject } from "../resource/sight.ts";
import { say } from "../../../log/line.ts";

/** `resource`: a row of a page as its `GET` shows it. Rejects, so that there is a status, where the first page does. */
export async function answerExport<T>(
  c: Context<ManagementEnv>,
  subject: Subject,
  columns: readonly string[],
  pages: Pages<T>,
  resource: (row: T) => Readonly<Record<string, unknown>>,
): Promise<Response> {
  const first = await pages.next();
  const line = csvRow(columns);
  const text = (rows: readonly T[]) =>
    rows.map((row) => `\r\n${line(seen(c.var.sight, subject, resource(row)))}`).join("");
  const start = csvHead(columns) + (first.done === true ? "" : text(first.value));
  return c.body(streamOf(start, pages, text), 200, {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${subject}s-${instant(c.var.now).slice(0, 10)}.csv"`,
  });
}

/** Each line comes with the end of the one before. Nothing is read before it is asked for, but for one page. */
function streamOf<T>(start: string, pages: Pages<T>, text: (rows: readonly T[]) => string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(start)),
    pull: async (controller) => {
      const page = await pages.next().catch(brokenOff);
      controller.enqueue(encoder.encode(page.done === true ? "\r\n" : text(page.value)));
      if (page.done === true) controller.close();
    },
    cancel: async () => void (await pages.return()),
  });
}

function brokenOff(error: unknown): never {
  say("an export broke off", {}, error);
  throw isOutage(error) ? new Error("the storage did not answer") : error;
}
