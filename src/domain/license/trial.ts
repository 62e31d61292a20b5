/** Trials of a product (TRIAL-1): what a policy says, who may have one, and when it ends. No license is behind them. */

import { LATEST_INSTANT } from "../terms/expiry.ts";
import { DEFAULT_SETTINGS, eachOf, type Settings } from "../terms/settings.ts";
import type { DeviceWish } from "./device.ts";
import { machineRefusal } from "./machine.ts";
import { networkRefusal } from "./network.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";

/** What a policy says in the words of a license: where a trial may run, and who is a device (NET-1). */
export const TRIAL_SETTINGS = [
  ...(["allowVmActivation", "allowContainerActivation", "userLocked", "disableGeoLocation"] as const),
  ...(["allowedCountries", "disallowedCountries"] as const),
  ...(["allowedIpAddresses", "disallowedIpAddresses", "allowedIpRanges"] as const),
] as const;
export type TrialSetting = (typeof TRIAL_SETTINGS)[number];

export interface TrialTerms extends Pick<Settings, TrialSetting> {
  /** Of trials that begin from now on; at least 1. */
  readonly trialLengthSeconds: number;
}

export const DEFAULT_TRIAL_SETTINGS = eachOf<Pick<Settings, TrialSetting>>(
  TRIAL_SETTINGS,
  (name) => DEFAULT_SETTINGS[name],
);

/** What a trial is judged by. */
export type TrialWish = Pick<DeviceWish, "device" | "network">;

/** In the order of CHK-1, as far as a trial has these checks, at each call for one; null = they pass. */
export function trialRefusal(terms: TrialTerms, { device, network }: TrialWish): Refusal | null {
  if (terms.userLocked && device.userHash === null) return USER_HASH_NEEDED;
  return networkRefusal(terms, network) ?? machineRefusal({ ...terms, type: "node-locked" }, device);
}

const USER_HASH_NEEDED: Refusal = {
  code: "invalid-member",
  pointer: "/userHash",
  detail: "is needed: the trial is locked to the user",
};

/** Of one that begins at `now` (epoch ms). Lengths are bounded, so that the end can be written down. */
export function trialEnd({ trialLengthSeconds }: Pick<TrialTerms, "trialLengthSeconds">, now: number): number {
  return now + trialLengthSeconds * 1000;
}

/** Added to the end that it has, over or not. Refuses `invalid-member` past the year 9999. */
export function extendedTrial(expiresAt: number, seconds: number): Outcome<number> {
  const end = expiresAt + seconds * 1000;
  if (end <= LATEST_INSTANT) return yes(end);
  return no({ code: "invalid-member", pointer: "/extensionLength", detail: "the trial would end after the year 9999" });
}
