/**
 * Where devices, objects and D1 are, and how long a message takes between them. City centres in decimal degrees, as
 * gazetteers have them (GeoNames), to a hundredth. Pure.
 */

export interface Place {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Where devices are. */
export const CITIES: readonly Place[] = [
  { name: "San Francisco", latitude: 37.77, longitude: -122.42 },
  { name: "New York", latitude: 40.71, longitude: -74.01 },
  { name: "São Paulo", latitude: -23.55, longitude: -46.64 },
  { name: "London", latitude: 51.51, longitude: -0.13 },
  { name: "Johannesburg", latitude: -26.2, longitude: 28.04 },
  { name: "Dubai", latitude: 25.08, longitude: 55.31 },
  { name: "Mumbai", latitude: 19.07, longitude: 72.88 },
  { name: "Singapore", latitude: 1.29, longitude: 103.85 },
  { name: "Tokyo", latitude: 35.69, longitude: 139.69 },
  { name: "Sydney", latitude: -33.87, longitude: 151.21 },
];

export interface Region extends Place {
  /** The platform's name for it, a location hint. */
  readonly hint: string;
}

/**
 * Regions that objects are made in by the platform's page on their location (November 2026): not in South America, in
 * Africa or in the Middle East. Which cities are meant it does not say; these are assumed.
 */
export const REGIONS: readonly Region[] = [
  { hint: "wnam", name: "San Jose", latitude: 37.34, longitude: -121.89 },
  { hint: "enam", name: "Ashburn", latitude: 39.04, longitude: -77.49 },
  { hint: "weur", name: "Frankfurt", latitude: 50.12, longitude: 8.68 },
  { hint: "eeur", name: "Warsaw", latitude: 52.23, longitude: 21.01 },
  { hint: "apac-ne", name: "Tokyo", latitude: 35.69, longitude: 139.69 },
  { hint: "apac-se", name: "Singapore", latitude: 1.29, longitude: 103.85 },
  { hint: "oc", name: "Sydney", latitude: -33.87, longitude: 151.21 },
];

const EARTH_KM = 6371;

/** Along a great circle (haversine), on a sphere. */
export function kilometres(from: Place, to: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, south] = [radians(from.latitude), radians(to.latitude)];
  const half = (angle: number) => Math.sin(angle / 2) ** 2;
  const chord = half(south - north) + Math.cos(north) * Math.cos(south) * half(radians(to.longitude - from.longitude));
  return 2 * EARTH_KM * Math.asin(Math.sqrt(chord));
}

/** ITU-T Y.1541, appendix III: a route is so much longer than the air line, and light in it takes 5 µs a kilometre. */
const SHORT_KM = 1000;
const SHORT_FACTOR = 1.5;
const LONG_FACTOR = 1.25;
const MS_PER_KM = 0.005;

/** Milliseconds there and back between two places, without what stands at both ends. */
export function roundTripMs(from: Place, to: Place): number {
  const air = kilometres(from, to);
  const route = Math.max(Math.min(air, SHORT_KM) * SHORT_FACTOR, air * LONG_FACTOR);
  return 2 * route * MS_PER_KM;
}

/** Where an object is made that is first asked for in this place. */
export function nearest(place: Place): Region {
  const [first, ...others] = REGIONS;
  if (first === undefined) throw new Error("there are no regions");
  return others.reduce((near, other) => (kilometres(place, other) < kilometres(place, near) ? other : near), first);
}

export function regionOf(hint: string): Region {
  const found = REGIONS.find((region) => region.hint === hint);
  if (found === undefined) throw new Error(`no region ${hint}`);
  return found;
}
