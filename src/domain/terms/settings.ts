/**
 * THE TABLE of what a vendor sets of a license by a plain value: type, range, default, who gives it, who sees it and
 * what lists filter by. Terms, bodies, PATCH, templates, entity tags, resource, events and filters derive from it.
 * Members with rules of their own (the key, the user, tags, metadata, products, the interval, instants) stand where
 * their rules do.
 */

import type { Entry } from "./entries.ts";

interface Place {
  /** PATCH changes it. If not, it may be named there with the value that it has (IN-2). */
  readonly patch: boolean;
  /** A template may give it (TPL-1). */
  readonly template: boolean;
  /** Who sees it in the resource: the license's user, too, or the vendor alone. */
  readonly shown: "all" | "vendor";
  /**
   * MGMT-1: lists filter by the value in the row, or by a facet of this name, which an index knows, and which several
   * members share. "own": by a declaration of the registry's.
   */
  readonly filter: "row" | "own" | { readonly facet: "model" | "state" } | null;
}

/**
 * `-1` stands for "without limit" wherever `least` allows it; `leastLimit`: the least of the others; `most`: where not
 * every number may be.
 */
export type Setting = Place &
  (
    | { readonly kind: "flag"; readonly default: boolean }
    | {
        readonly kind: "count" | "seconds";
        readonly least: number;
        readonly leastLimit?: number;
        readonly most?: number;
        readonly default: number;
        /** Of hosted-floating licenses. */
        readonly floatingDefault?: number;
      }
    | { readonly kind: "choice"; readonly of: readonly string[]; readonly default: string | null }
    | { readonly kind: "text"; readonly least: number; readonly most: number; readonly default: null }
    /** Of a release (src/domain/terms/release-version.ts). */
    | { readonly kind: "version"; readonly default: null }
    /** Each entry in one spelling (src/domain/terms/entries.ts), none twice. */
    | { readonly kind: "list"; readonly of: Entry; readonly most: number; readonly default: readonly [] }
  );

const PLAIN = { patch: true, template: true, shown: "all", filter: null } as const;
/** One license's own: no template gives it. */
const OWN = { ...PLAIN, template: false } as const;

export const SETTINGS = {
  type: {
    ...PLAIN,
    kind: "choice",
    of: ["node-locked", "hosted-floating", "on-premise-floating"],
    default: "node-locked",
    patch: false,
    filter: { facet: "model" },
  },
  expirationStrategy: {
    ...PLAIN,
    kind: "choice",
    of: ["immediate", "delayed", "rolling"],
    default: "immediate",
    patch: false,
    filter: { facet: "model" },
  },
  // 0 when the period comes from `subscriptionInterval` or there is none.
  validity: { ...PLAIN, kind: "seconds", least: 0, default: 0, patch: false, filter: "row" },
  revoked: { ...OWN, kind: "flag", default: false, filter: { facet: "state" } },
  suspended: { ...OWN, kind: "flag", default: false, filter: { facet: "state" } },
  fingerprintMatchingStrategy: { ...PLAIN, kind: "choice", of: ["exact", "fuzzy", "loose"], default: "exact" },
  // Whose a seat is (SEAT-2).
  leasingStrategy: {
    ...PLAIN,
    kind: "choice",
    of: ["per-machine", "per-instance", "per-user"],
    default: "per-machine",
  },
  // A device is a fingerprint and an OS user's hash.
  userLocked: { ...PLAIN, kind: "flag", default: false, patch: false, filter: "row" },
  duplicateActivation: { ...PLAIN, kind: "choice", of: ["resume", "reject"], default: "resume" },
  seatRelease: { ...PLAIN, kind: "choice", of: ["at-once", "after-token"], default: "at-once" },
  // 0 and -1 = without limit.
  allowedActivations: { ...PLAIN, kind: "count", least: -1, default: 1, filter: "row" },
  // SEAT-9: seats granted above the limit.
  allowedOverage: { ...PLAIN, kind: "count", least: 0, default: 0 },
  // 0 = none.
  allowedDeactivations: { ...PLAIN, kind: "count", least: -1, default: -1, filter: "row" },
  allowedFloatingClients: { ...PLAIN, kind: "count", least: -1, default: 0 },
  // 0 and -1 = no lease. Ignored on anything but hosted-floating.
  leaseDuration: { ...PLAIN, kind: "seconds", least: -1, default: 0, floatingDefault: 3600 },
  allowClientLeaseDuration: { ...PLAIN, kind: "flag", default: false },
  // 0 = `leaseDuration` is the ceiling.
  maxLeaseDuration: { ...PLAIN, kind: "seconds", least: 0, default: 0 },
  // LEASE-8; under `at-once` at most a day (src/domain/license/lease-grace.ts).
  leaseGracePeriod: { ...PLAIN, kind: "seconds", least: 0, most: 2_592_000, default: 0 },
  // 0 = no sync.
  serverSyncInterval: { ...PLAIN, kind: "seconds", least: 0, default: 3600 },
  serverSyncGracePeriod: { ...PLAIN, kind: "seconds", least: -1, default: 2_592_000 },
  // -1 = any; `disableClockValidation` is the older word for that, and comes first.
  allowedClockOffset: { ...PLAIN, kind: "seconds", least: -1, leastLimit: 60, default: 60 },
  disableClockValidation: { ...PLAIN, kind: "flag", default: false },
  // Before the end, at which `license.expiring-soon` is told; 0 = never.
  expiringSoonEventOffset: { ...PLAIN, kind: "seconds", least: 0, default: 0 },
  requireAuthentication: { ...PLAIN, kind: "flag", default: false },
  // What a call's device and its network may be (NET-1); an empty list of what is allowed allows all.
  allowVmActivation: { ...PLAIN, kind: "flag", default: true, filter: "row" },
  allowContainerActivation: { ...PLAIN, kind: "flag", default: true },
  allowedCountries: { ...PLAIN, kind: "list", of: "country", most: 256, default: [] },
  disallowedCountries: { ...PLAIN, kind: "list", of: "country", most: 256, default: [] },
  allowedIpAddresses: { ...PLAIN, kind: "list", of: "address", most: 256, default: [], shown: "vendor" },
  disallowedIpAddresses: { ...PLAIN, kind: "list", of: "address", most: 256, default: [], shown: "vendor" },
  allowedIpRanges: { ...PLAIN, kind: "list", of: "range", most: 20, default: [], shown: "vendor" },
  // The latest release that a device may say it is; null = any.
  maxAllowedReleaseVersion: { ...PLAIN, kind: "version", default: null },
  // Neither the address nor the country of a device is stored.
  disableGeoLocation: { ...PLAIN, kind: "flag", default: false },
  cryptoBindingEnabled: { ...PLAIN, kind: "flag", default: false },
  notes: { ...OWN, kind: "text", least: 0, most: 4096, default: null, shown: "vendor", filter: "row" },
  externalReference: {
    ...OWN,
    kind: "text",
    least: 1,
    most: 255,
    default: null,
    patch: false,
    shown: "vendor",
    filter: "own",
  },
  // Where Durable Objects can be asked to live.
  region: {
    ...OWN,
    kind: "choice",
    of: ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"],
    default: null,
    patch: false,
    filter: "row",
  },
} as const satisfies Readonly<Record<string, Setting>>;

type Table = typeof SETTINGS;
export type SettingName = keyof Table;

type OrNull<S> = S extends { readonly default: null } ? null : never;
type ValueOf<S> =
  | OrNull<S>
  | (S extends { readonly kind: "flag" }
      ? boolean
      : S extends { readonly kind: "count" | "seconds" }
        ? number
        : S extends { readonly kind: "choice"; readonly of: readonly (infer Choice)[] }
          ? Choice
          : S extends { readonly kind: "list" }
            ? readonly string[]
            : string);

/** Seconds and counts are integers; null = not given. */
export type Settings = { readonly [Name in SettingName]: ValueOf<Table[Name]> };

type Where<Member extends keyof Place, Value> = {
  [Name in SettingName]: Table[Name][Member] extends Value ? Name : never;
}[SettingName];

export type PatchedSetting = Where<"patch", true>;
export type TemplateSetting = Where<"template", true>;
type VendorSetting = Where<"shown", "vendor">;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];
export const PATCHED_SETTINGS = SETTING_NAMES.filter((name): name is PatchedSetting => SETTINGS[name].patch);
export const TEMPLATE_SETTINGS = SETTING_NAMES.filter((name): name is TemplateSetting => SETTINGS[name].template);

/** One value for each name; the one place where names out of a list get their type back. */
export function eachOf<Shape extends object>(
  names: readonly (keyof Shape & string)[],
  of: (name: keyof Shape & string) => Shape[keyof Shape],
): Shape {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Shape;
}

export const DEFAULT_SETTINGS = eachOf<Settings>(SETTING_NAMES, (name) => SETTINGS[name].default);

type Given = { readonly [Name in SettingName]?: Settings[Name] | null | undefined };

/** IN-1: what was not given is the default. */
export function settingsOf(given: Given): Settings {
  const defaultOf = (name: SettingName) => {
    const setting: Setting = SETTINGS[name];
    const isFloating = given.type === "hosted-floating" && "floatingDefault" in setting;
    return isFloating ? (setting.floatingDefault ?? setting.default) : setting.default;
  };
  return eachOf<Record<SettingName, unknown>>(SETTING_NAMES, (name) => given[name] ?? defaultOf(name)) as Settings;
}

/** Absent = as before. */
export function patchedSettings(before: Settings, patch: Partial<Pick<Settings, PatchedSetting>>): Settings {
  const given = PATCHED_SETTINGS.filter((name) => patch[name] !== undefined);
  return { ...before, ...eachOf<Partial<Settings>>(given, (name) => Reflect.get(patch, name)) };
}

/** What the vendor wrote for itself, as somebody else sees it: void. */
export const HIDDEN_SETTINGS = eachOf<Pick<Settings, VendorSetting>>(
  SETTING_NAMES.filter((name): name is VendorSetting => SETTINGS[name].shown === "vendor"),
  (name) => SETTINGS[name].default,
);

/** A facet that several members share has a digit for each, in the order of the table; so many values each may have. */
export const STATE_RADIX = 8;

/** The newer words for the strategy (EXP-1, EXP-2); rolling has no counterpart among them. */
export const TRIGGER_OF = {
  immediate: "creation",
  delayed: "activation",
  rolling: null,
} as const satisfies Readonly<Record<Settings["expirationStrategy"], string | null>>;

export const STRATEGY_OF = { creation: "immediate", activation: "delayed" } as const satisfies Readonly<
  Record<NonNullable<(typeof TRIGGER_OF)[keyof typeof TRIGGER_OF]>, Settings["expirationStrategy"]>
>;
