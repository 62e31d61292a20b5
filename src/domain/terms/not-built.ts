/**
 * THE LIST of members whose rule is not built: the resource shows the default, a body may name it, and any other
 * value is 400, because it would be a promise that is not kept. Lists filter by the default.
 */

export interface NotBuilt {
  readonly default: string | number | boolean | null | readonly [];
  /** False: no body has it, or no resource. */
  readonly isTaken: boolean;
  readonly isShown: boolean;
  /** MGMT-1: what its values would be; null = no filter. */
  readonly filter: "text" | null;
}

const OWN = { isTaken: true, isShown: true, filter: null } as const;
const FILTER = { ...OWN, isTaken: false, isShown: false } as const;

export const NOT_BUILT = {
  organization: { ...OWN, default: null, isTaken: false },
  reseller: { ...OWN, default: null, isTaken: false },
  organizationId: { ...OWN, default: null, filter: "text" },
  resellerId: { ...OWN, default: null, isShown: false, filter: "text" },
  productVersionId: { ...OWN, default: null, filter: "text" },
  additionalUserIds: { ...OWN, default: [] },
  userGroups: { ...OWN, default: [] },
  userGroupId: { ...FILTER, default: null, filter: "text" },
} as const satisfies Readonly<Record<string, NotBuilt>>;

type Table = typeof NOT_BUILT;
type Where<Member extends keyof NotBuilt> = {
  [Name in keyof Table]: Table[Name][Member] extends true ? Name : never;
}[keyof Table];

export type TakenNotBuilt = Where<"isTaken">;
export type ShownNotBuilt = Where<"isShown">;

const NAMES = Object.keys(NOT_BUILT) as readonly (keyof Table)[];

export const TAKEN_NOT_BUILT = NAMES.filter((name): name is TakenNotBuilt => NOT_BUILT[name].isTaken);
export const SHOWN_NOT_BUILT = NAMES.filter((name): name is ShownNotBuilt => NOT_BUILT[name].isShown);
