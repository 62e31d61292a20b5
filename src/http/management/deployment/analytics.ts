/** `/v3/analytics`: what charts are drawn from. Days are of UTC. */

import * as z from "zod/mini";
import { METRICS, numbersOfNow, type Metric } from "../../../operations/upkeep/count-days.ts";
import { eventsByDay, refusalsByDay, type Counted, type Days } from "../../../registry/upkeep/analytics.ts";
import { Hono } from "../../hono.ts";
import { CHART_DAYS } from "../../limits.ts";
import { invalidRequest } from "../../problem.ts";
import { validQuery } from "../../validate.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { instant } from "../resource/instant.ts";

const DAY_MS = 86_400_000;
/** With today. */
const SHOWN_UNLESS_ASKED = 30;

const error = "must be a day, as in 2026-05-31";
const day = z.optional(z.string({ error }).check(z.regex(/^\d{4}-\d{2}-\d{2}$/, { error })));
const span = { from: day, to: day };
const spanQuery = z.object(span);
const metricsQuery = z.object({ ...span, metrics: z.optional(z.string()) });

export const analytics = new Hono<ManagementEnv>()
  .get("/days", holding("analytics:read"), validQuery(metricsQuery), async (c) => {
    const { metrics, ...asked } = c.req.valid("query");
    const names = metricsIn(metrics);
    const days = daysIn(asked, c.var.now);
    const byDay = numbersByDay(await eventsByDay(c.var.deployment.db, days));
    const numbers = (of: ReadonlyMap<string, number> | undefined) =>
      Object.fromEntries(names.map((name) => [name, of?.get(METRICS[name]) ?? 0]));
    return c.json({ days: eachOf(days, (at, date) => ({ date, ...numbers(byDay.get(at)) })) });
  })
  .get("/refusals", holding("analytics:read"), validQuery(spanQuery), async (c) => {
    const days = daysIn(c.req.valid("query"), c.var.now);
    const byDay = numbersByDay(await refusalsByDay(c.var.deployment.db, days));
    return c.json({
      days: eachOf(days, (at, date) => {
        const codes = [...(byDay.get(at) ?? [])].toSorted(([one], [other]) => (one < other ? -1 : 1));
        return { date, total: codes.reduce((sum, [, n]) => sum + n, 0), codes: Object.fromEntries(codes) };
      }),
    });
  })
  .get("/now", holding("analytics:read"), async (c) => {
    const numbers = await numbersOfNow(c.var.deployment, c.var.now);
    return c.json(
      Object.fromEntries(
        Object.entries(numbers).map(([name, one]) => [name, { ...one, countedAt: instant(one.countedAt) }]),
      ),
    );
  });

function metricsIn(text: string | undefined): readonly Metric[] {
  const names = Object.keys(METRICS) as Metric[];
  if (text === undefined) return names;
  const asked = text.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !(names as readonly string[]).includes(name));
  if (unknown === undefined) return names.filter((name) => asked.includes(name));
  throw invalidRequest({ pointer: "/metrics", detail: `must be some of ${names.join(", ")}` });
}

function daysIn({ from, to }: z.output<typeof spanQuery>, now: number): Days {
  const last = to === undefined ? Math.floor(now / DAY_MS) : dayIn("/to", to);
  const first = from === undefined ? last - SHOWN_UNLESS_ASKED + 1 : dayIn("/from", from);
  if (first > last) throw invalidRequest({ pointer: "/from", detail: "must not be after `to`" });
  if (last - first < CHART_DAYS) return { first, last };
  throw invalidRequest({ pointer: "/from", detail: `must be at most ${CHART_DAYS} days before \`to\`` });
}

/** Since 1970. */
function dayIn(pointer: string, text: string): number {
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(text))
    throw invalidRequest({ pointer, detail: error });
  return at / DAY_MS;
}

function numbersByDay(counted: readonly Counted[]): ReadonlyMap<number, ReadonlyMap<string, number>> {
  const days = new Map<number, Map<string, number>>();
  for (const { day: at, name, n } of counted) days.set(at, (days.get(at) ?? new Map()).set(name, n));
  return days;
}

/** Every day is there. */
function eachOf<T>({ first, last }: Days, made: (at: number, date: string) => T): readonly T[] {
  return Array.from({ length: last - first + 1 }, (_, n) =>
    made(first + n, new Date((first + n) * DAY_MS).toISOString().slice(0, 10)),
  );
}
