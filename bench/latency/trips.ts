/** Round trips that a call made before its answer, and which of them had to follow one another. Pure. */

export const ROUTES = ["worker to object", "worker to D1", "object to D1"] as const;

export type Route = (typeof ROUTES)[number];

/** Counted in events: one trip can only have waited for another that ended before it began. */
export interface Trip {
  readonly route: Route;
  readonly begunAt: number;
  readonly endedAt: number;
}

/** A trip, and those that the object made before it answered, in sequence. */
export interface Step {
  readonly route: Route;
  readonly within: readonly Step[];
}

export interface Path {
  readonly cost: number;
  readonly steps: readonly Step[];
}

const NOWHERE: Path = { cost: 0, steps: [] };

/** The chain of trips that takes longest: what the answer had to wait for. `cost` is one trip's, in any unit. */
export function longestPath(trips: readonly Trip[], cost: (route: Route) => number): Path {
  const isOuter = ({ route }: Trip) => route !== "object to D1";
  const outer = trips.filter(isOuter);
  const inner = trips.filter((trip) => !isOuter(trip));
  return longest(outer, (trip) => {
    const within = longest(
      inner.filter(({ begunAt, endedAt }) => begunAt > trip.begunAt && endedAt < trip.endedAt),
      ({ route }) => ({ cost: cost(route), steps: [{ route, within: [] }] }),
    );
    return { cost: cost(trip.route) + within.cost, steps: [{ route: trip.route, within: within.steps }] };
  });
}

/** `alone`: the path of one trip. */
function longest(trips: readonly Trip[], alone: (trip: Trip) => Path): Path {
  const paths: { readonly trip: Trip; readonly path: Path }[] = [];
  for (const trip of trips.toSorted((a, b) => a.begunAt - b.begunAt)) {
    const earlier = paths.filter((other) => other.trip.endedAt < trip.begunAt);
    const before = costliest(earlier.map(({ path }) => path));
    const own = alone(trip);
    paths.push({ trip, path: { cost: before.cost + own.cost, steps: [...before.steps, ...own.steps] } });
  }
  return costliest(paths.map(({ path }) => path));
}

function costliest(paths: readonly Path[]): Path {
  return paths.reduce((most, path) => (path.cost > most.cost ? path : most), NOWHERE);
}

/**
 * `D1, object (D1, D1); beside: 2 D1`: in the order of the calls; in brackets what the object asks before it answers,
 * and at the end what was asked at the same time as something else.
 */
export function pathText(trips: readonly Trip[]): string {
  const { steps } = longestPath(trips, () => 1);
  if (steps.length === 0) return "none";
  const all = steps.flatMap(({ route, within }) => [route, ...within.map((inner) => inner.route)]);
  const beside = (["object", "D1"] as const).flatMap((to) => {
    const count =
      trips.filter(({ route }) => route.endsWith(to)).length - all.filter((route) => route.endsWith(to)).length;
    return count === 0 ? [] : [`${count} ${to}`];
  });
  return `${stepsText(steps)}${beside.length === 0 ? "" : `; beside: ${beside.join(", ")}`}`;
}

function stepsText(steps: readonly Step[]): string {
  return steps
    .map(({ route, within }) => {
      const to = route === "worker to object" ? "object" : "D1";
      return within.length === 0 ? to : `${to} (${stepsText(within)})`;
    })
    .join(", ");
}
