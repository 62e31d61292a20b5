/**
 * What a device says of itself, where its call came from, and what of both an activation keeps. Plain data between
 * Worker, object and D1: members are only ever added (0011-migrations-before-the-worker.md).
 */

/** What a call says of its device. Null = it does not say, so that it is not known (NET-1). */
export interface DeviceClaims {
  readonly os: string | null;
  readonly osVersion: string | null;
  readonly hostname: string | null;
  readonly vmName: string | null;
  readonly container: boolean | null;
  /** Of the OS user; what it stands for, nobody but the app knows. */
  readonly userHash: string | null;
  /** The older name of the release version, which apps may send beside it. */
  readonly appVersion: string | null;
  /** NET-2: the activation API calls it `targetSoftwareVersion`. */
  readonly releaseVersion: string | null;
  /** Epoch ms. */
  readonly releasePublishedAt: number | null;
  readonly releaseChannel: string | null;
  readonly releasePlatform: string | null;
  /** The app's own; the whole list, in place of the one before. */
  readonly metadata: readonly DeviceMetadata[] | null;
}

export interface DeviceMetadata {
  readonly key: string;
  readonly value: string;
}

/** NET-1: where a call came from, as the platform says it to the Worker. Null = not known. */
export interface NetworkFacts {
  /** ISO 3166-1 alpha-2, in capitals. */
  readonly country: string | null;
  /** As `addressText` writes it (src/domain/terms/addresses.ts). */
  readonly address: string | null;
}

export const NO_CLAIMS: DeviceClaims = {
  os: null,
  osVersion: null,
  hostname: null,
  vmName: null,
  container: null,
  userHash: null,
  appVersion: null,
  releaseVersion: null,
  releasePublishedAt: null,
  releaseChannel: null,
  releasePlatform: null,
  metadata: null,
};

export const NOWHERE: NetworkFacts = { country: null, address: null };

/** What a device is judged by, whoever asks (CHK-1, checks 8 to 12). */
export interface DeviceWish {
  /** The app's word for what it is (v3); null = it does not say. */
  readonly productId: string | null;
  /** STAND-1: v3's client calls let expired and suspended licenses through, and their tokens say so. */
  readonly admitsEnded: boolean;
  readonly device: DeviceClaims;
  readonly network: NetworkFacts;
  /** METER-1: of v3's calls, which are not to be sent again with any; absent = none. All of them, or a refusal. */
  readonly uses?: readonly UsesWish[];
}

/** A call of the activation API that says nothing of its device. */
export const UNTOLD: DeviceWish = { productId: null, admitsEnded: false, device: NO_CLAIMS, network: NOWHERE };

/** What the vendor is shown of a device: absent = not known, so that who says nothing costs no space. */
export interface ShownFacts {
  readonly os?: string;
  readonly osVersion?: string;
  readonly hostname?: string;
  readonly vmName?: string;
  readonly container?: boolean;
  readonly appVersion?: string;
  readonly releaseVersion?: string;
  readonly releasePublishedAt?: number;
  readonly releaseChannel?: string;
  readonly releasePlatform?: string;
  /** Called so because the log, which leaves it out, goes by names (EVT-3). */
  readonly deviceMetadata?: readonly DeviceMetadata[];
  readonly countryCode?: string;
  readonly ipAddress?: string;
}

/** What an activation has used of a meter attribute, more than 0. */
export interface StoredUses {
  readonly meterId: string;
  readonly uses: number;
  /** `MeterCount.round` of then: those of an earlier one count no more. */
  readonly round: number;
}

/** METER-1: uses that a device counts with its call: what it takes, or, below 0, gives back. */
export interface UsesWish {
  readonly name: string;
  readonly increment: number;
}

/** What an activation has used, as it is told. */
export interface ToldUses {
  readonly name: string;
  readonly uses: number;
}

/** What an activation keeps of its device; never logged. */
export interface DeviceFacts {
  /** The first fingerprint presented, which matching goes by (FP-1), and the last (TOK-2). */
  readonly firstFingerprint: string;
  readonly fingerprint: string;
  /** The owner's known e-mail, else the body's, which decides nothing (AUTH-4). */
  readonly email: string | null;
  /** The owner's e-mail, as far as it is known (AUTH-1). */
  readonly userEmail: string | null;
  readonly shown: ShownFacts;
  /** The OS user's hash, where the license was locked to it at birth: then it is part of what the device is. */
  readonly lockedTo?: string;
  /** SEAT-9: its seat was granted above the limit, and stays one of these. */
  readonly overLimit?: true;
  /** METER-1; absent = none. */
  readonly uses?: readonly StoredUses[];
}

/** What D1 shows of it; nothing that the device is known by. */
export interface ToldFacts {
  readonly email?: string;
  readonly shown: ShownFacts;
  readonly overLimit?: true;
  /** METER-1; absent = none. */
  readonly meterAttributes?: readonly ToldUses[];
}

export function toldFacts({ email, shown, overLimit }: DeviceFacts, uses: readonly ToldUses[]): ToldFacts {
  return {
    ...(email === null ? {} : { email }),
    shown,
    ...(overLimit === true ? { overLimit } : {}),
    ...(uses.length === 0 ? {} : { meterAttributes: uses }),
  };
}
