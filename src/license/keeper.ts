/**
 * The life of one license's object: who may call, birth, changes that reserve, deletion, the alarm. It decides nothing
 * about seats or terms (that is the domain), and it awaits nothing between reading and writing
 * (0028-births-and-batches-take-turns.md).
 */

import { activateOnce } from "../domain/commands/activate-once.ts";
import type { ActivationView, Contact, EndCall, EndOneCall, EndStep } from "../domain/seats/activation-view.ts";
import type {
  ActivateCall,
  Caller,
  Changed,
  CheckCall,
  CheckedOut,
  ConditionalCall,
  ExpiresAtCall,
  ExtendCall,
  MaintainCall,
  PatchCall,
  Reached,
  PlannedRenewCall,
  FollowUpCall,
  UserEmail,
} from "../domain/license/calls.ts";
import { check } from "../domain/commands/check.ts";
import { deactivate, sync } from "../domain/commands/client-calls.ts";
import { countUses, resetUses, type ResetCall } from "../domain/commands/count-uses.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../domain/license/client-calls.ts";
import { applyDeletion, applyPatch, applyUserEmail, considerPatch } from "../domain/commands/change-license.ts";
import { contactsOf, endActivation, endActivations, seeActivation } from "../domain/commands/ending.ts";
import { ifStill } from "../domain/commands/if-match.ts";
import { viewOf } from "../domain/seats/event-data.ts";
import { extendOnce, maintainOnce, renewOnce } from "../domain/commands/lengthen-once.ts";
import { applyExpiresAt } from "../domain/commands/move-end.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { checkIn, checkOut, giveBack, look, renew } from "../domain/commands/follow-up.ts";
import { tidy } from "../domain/commands/tidy.ts";
import { ALARM, type Turn } from "../domain/turn/turn.ts";
import { usageOf } from "../domain/seats/usage.ts";
import { Lock } from "../durable/lock.ts";
import { Birth } from "./birth.ts";
import { actorOf, counted, JOB } from "./callers.ts";
import { Deletion } from "./deletion.ts";
import { Door } from "./door.ts";
import { Held } from "./held.ts";
import type { Host } from "./host.ts";
import { Relay } from "./relay/relay.ts";
import { Resync } from "./resync.ts";
import { mustReserve, needsTarget, reserveFor, withTargets } from "./reservation.ts";
import type { Address, LicenseRpc } from "./rpc.ts";
import { Showing } from "./showing.ts";
import { isKeyOf, whose } from "./whose.ts";

/** The next try after an alarm that failed in a way nobody foresaw (ms). */
const AFTER_FAULT = 60_000;

export class Keeper implements LicenseRpc {
  readonly #host: Host;
  readonly #held: Held;
  readonly #lock = new Lock();
  readonly #relay: Relay;
  readonly #birth: Birth;
  readonly #deletion: Deletion;
  readonly #showing: Showing;
  readonly #door: Door;
  #catchingUp = false;
  readonly #resync: Resync;

  constructor(host: Host, armedAt: number | null) {
    this.#host = host;
    this.#held = new Held(host, armedAt);
    this.#relay = new Relay(this.#held, this.#lock);
    this.#birth = new Birth(this.#held, this.#lock);
    this.#deletion = new Deletion(this.#held, this.#lock);
    this.#door = new Door(this.#held, this.#birth, this.#deletion);
    this.#showing = new Showing(this.#held, this.#relay, this.#deletion);
    this.#resync = new Resync(this.#held, this.#lock, this.#relay, this.#deletion);
  }

  activate(address: Address, call: ActivateCall) {
    const caller = { actor: actorOf(call), requestId: call.requestId };
    const work = () => this.#turn(caller, (turn) => counted(turn, activateOnce(turn, call)));
    return this.#door.reach(address, call.requestId, work);
  }

  check(address: Address, call: CheckCall) {
    return this.#door.find(address, () => this.#held.look((license) => check(license, call)));
  }

  renew(call: FollowUpCall) {
    return this.#session(call, (turn) => counted(turn, renew(turn, call)));
  }

  checkIn(call: FollowUpCall) {
    return this.#session(call, (turn) => counted(turn, checkIn(turn, call)));
  }

  checkOut(call: FollowUpCall): Promise<Outcome<CheckedOut>> {
    return this.#session(call, (turn) => counted(turn, checkOut(turn, call)));
  }

  sync(call: SyncCall) {
    return this.#byKey(call, call.key, (turn) => sync(turn, call));
  }

  deactivate(call: DeactivateCall): Promise<Outcome<CheckedOut>> {
    return this.#byKey(call, call.key, (turn) => deactivate(turn, call));
  }

  countUses(call: CountCall) {
    return this.#byKey(call, call.key, (turn) => countUses(turn, call));
  }

  session(call: FollowUpCall) {
    return this.#session(call, (turn) => look(turn, call));
  }

  describe(licenseId: string) {
    return this.#door.ifHeld(licenseId, () => this.#turn(ALARM, viewOf));
  }

  patch(licenseId: string, call: PatchCall): Promise<Reached<Changed>> {
    return this.#change(licenseId, call, () =>
      mustReserve(call.patch)
        ? this.#reserveAndPatch(licenseId, call)
        : this.#turn(call, (turn) => ifStill(turn, call, () => applyPatch(turn, call.patch))),
    );
  }

  renewLicense(licenseId: string, call: PlannedRenewCall): Promise<Reached<Changed>> {
    const renewal = (planned: PlannedRenewCall) => this.#turn(call, (turn) => renewOnce(turn, planned));
    return this.#change(licenseId, call, () =>
      needsTarget(call.plan) ? this.#lock.hold(() => withTargets(this.#held, licenseId, call, renewal)) : renewal(call),
    );
  }

  extendLicense(licenseId: string, call: ExtendCall): Promise<Reached<Changed>> {
    return this.#change(licenseId, call, () => this.#turn(call, (turn) => extendOnce(turn, call)));
  }

  maintain(licenseId: string, call: MaintainCall): Promise<Reached<Changed>> {
    return this.#change(licenseId, call, () => this.#turn(call, (turn) => maintainOnce(turn, call)));
  }

  setExpiresAt(licenseId: string, call: ExpiresAtCall): Promise<Reached<Changed>> {
    return this.#change(licenseId, call, () =>
      this.#turn(call, (turn) => ifStill(turn, call, () => applyExpiresAt(turn, call))),
    );
  }

  resetMeter(licenseId: string, call: ResetCall): Promise<Reached<Changed>> {
    return this.#change(licenseId, call, () => this.#turn(call, (turn) => resetUses(turn, call)));
  }

  deleteLicense(licenseId: string, call: ConditionalCall): Promise<Reached<null>> {
    return this.#change(licenseId, call, () =>
      this.#turn(call, (turn) => ifStill(turn, call, () => applyDeletion(turn))),
    );
  }

  setUserEmail(licenseId: string, email: UserEmail, requestId = JOB.requestId): Promise<Reached<null>> {
    return this.#door.reach({ licenseId }, requestId, () => this.#turn(JOB, (turn) => applyUserEmail(turn, email)));
  }

  bear(licenseId: string, requestId = ALARM.requestId): Promise<Reached<null>> {
    // A turn of its own, so that what is due is told (EVT-1).
    return this.#door.reach({ licenseId }, requestId, () => this.#turn(ALARM, () => yes(null)));
  }

  usage(licenseId: string, days: number) {
    return this.#door.ifHeld(licenseId, () => this.#turn(ALARM, (turn) => usageOf(turn, days)));
  }

  activation(activationId: string): Promise<Reached<ActivationView>> {
    return this.#door.ofActivation(() => this.#turn(ALARM, (turn) => seeActivation(turn, activationId)));
  }

  contacts(licenseId: string, activationIds: readonly string[]): Promise<Reached<readonly Contact[]>> {
    return this.#door.ifHeld(licenseId, () => this.#turn(ALARM, (turn) => contactsOf(turn, activationIds)));
  }

  async deleteActivation(activationId: string, call: EndOneCall): Promise<Reached<null>> {
    const end = () => this.#turn(call, (turn) => endActivation(turn, activationId, call.hold));
    return await this.#shown(await this.#door.ofActivation(end));
  }

  async giveBack(call: FollowUpCall): Promise<Reached<CheckedOut>> {
    const caller = { actor: actorOf(call), requestId: call.requestId };
    const give = () => this.#turn(caller, (turn) => counted(turn, giveBack(turn, call)));
    return await this.#shown(await this.#door.ofActivation(give));
  }

  async deleteActivations(licenseId: string, call: EndCall): Promise<Reached<EndStep>> {
    const step = await this.#door.ifHeld(licenseId, () => this.#turn(call, (turn) => endActivations(turn, call)));
    const goesOn = step.reached === "license" && step.outcome.ok && step.outcome.value.next !== null;
    return goesOn ? step : await this.#shown(step);
  }

  async resync(requestId = ALARM.requestId) {
    await this.#birth.settled();
    return await this.#resync.run(requestId);
  }

  /**
   * Bounded work, then the next alarm, in every path; an empty object never arms one
   * (0027-an-empty-object-writes-nothing.md).
   */
  async alarm(): Promise<void> {
    if (!this.#held.hasTables) return;
    let next: number | null = this.#host.clock() + AFTER_FAULT;
    try {
      await this.#birth.settled();
      // First what needs no D1, which may take its time.
      if (this.#held.holdsLicense()) this.#held.run(ALARM, tidy);
      await this.#relay.retryStuck();
      await this.#relay.step();
      await this.#relay.settled();
      await this.#deletion.finish();
      this.#deletion.forgetOld();
      next = this.#held.hasTables ? this.#held.wakeAt(this.#relay.wakeAt(), this.#deletion.wakeAt()) : null;
    } catch (error) {
      this.#host.report("an alarm did not finish", error, ALARM);
    }
    if (!this.#held.hasTables) return;
    this.#held.alarm.gone();
    this.#held.alarm.armBy(next);
  }

  /** STAND-4 for v3: a key that came along is compared first. */
  #byKey<T>(
    call: DeactivateCall | CountCall,
    key: string | null,
    work: (turn: Turn) => Outcome<T>,
  ): Promise<Outcome<T>> {
    return this.#session(call, (turn) => {
      const isRight = key === null || isKeyOf(turn.license, key);
      return counted(turn, isRight ? work(turn) : no({ code: "wrong-key" }));
    });
  }

  #session<T>(
    call: Pick<FollowUpCall, "principal" | "requestId">,
    work: (turn: Turn) => Outcome<T>,
  ): Promise<Outcome<T>> {
    const caller = { actor: actorOf(call), requestId: call.requestId };
    return this.#door.ofSession(() => this.#turn(caller, work));
  }

  /** LEASE-4: an alarm that has not come is run by the call that finds out, after its answer. */
  async #overdue(): Promise<void> {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      await Promise.resolve();
      await this.alarm();
    } finally {
      this.#catchingUp = false;
    }
  }

  /** A caller's turn; what it left for D1 is handed over after the answer, or before it if the call waits for that. */
  #turn<T>(caller: Caller, work: (turn: Turn) => T): T {
    const { answer, stale } = this.#held.run(caller, (turn) => ({ answer: work(turn), stale: turn.staleProjections }));
    this.#relay.touch(stale);
    if (stale.length > 0 || this.#held.hasToldInLastTurn) this.#relay.handOverSoon();
    if (this.#held.isOverdue()) void this.#overdue();
    return answer;
  }

  /** MGMT-2: a management change is in D1's lists when it is answered, if D1 answers in time. */
  async #change<T>(
    licenseId: string,
    { requestId }: Caller,
    work: () => Outcome<T> | Promise<Outcome<T>>,
  ): Promise<Reached<T>> {
    return await this.#shown(await this.#door.reach<T>({ licenseId }, requestId, work));
  }

  async #shown<T>(reached: Reached<T>): Promise<Reached<T>> {
    if (reached.reached === "license" && reached.outcome.ok) await this.#showing.shown();
    return reached;
  }

  /**
   * KEY-2, REF-1: reserve, look again, commit; all in one place of the queue, so that no relay tidies the reservation
   * away.
   */
  #reserveAndPatch(licenseId: string, call: PatchCall): Promise<Outcome<Changed>> {
    return this.#lock.hold(async () => {
      const { license } = this.#held;
      if (license === null || whose(this.#held, { licenseId }) !== "held") return no({ code: "license-unknown" });
      const considered = this.#held.run(call, (turn) => ifStill(turn, call, () => considerPatch(turn, call.patch)));
      if (!considered.ok) return considered;
      const reserved = await reserveFor(this.#held, license, call);
      if (!reserved.ok) return reserved;
      const patch = { ...call.patch, ...reserved.value };
      return this.#turn(call, (turn) => ifStill(turn, call, () => applyPatch(turn, patch)));
    });
  }
}
