/** The one alarm: storage is written only for an earlier instant, and a rollback forgets what it took back. */

import { describe, expect, it } from "vitest";
import { Alarm } from "../../src/durable/alarm.ts";

function platform() {
  const set: number[] = [];
  return { set, setAlarm: (at: number) => void set.push(at), transact: <T>(work: () => T): T => work() };
}

describe("an object's alarm", () => {
  it("EVT-3: is set only if none earlier is armed", () => {
    const storage = platform();
    const alarm = new Alarm(storage, 500);
    alarm.armBy(500);
    alarm.armBy(600);
    alarm.armBy(null);
    expect([storage.set, alarm.armedAt]).toEqual([[], 500]);
    alarm.armBy(400);
    expect([storage.set, alarm.armedAt]).toEqual([[400], 400]);
  });

  it("EVT-3: is set anew once it has rung", () => {
    const storage = platform();
    const alarm = new Alarm(storage, 500);
    alarm.gone();
    expect(alarm.armedAt).toBeNull();
    alarm.armBy(null);
    alarm.armBy(900);
    expect([storage.set, alarm.armedAt]).toEqual([[900], 900]);
  });

  it("EVT-3: is armed as before where a transaction that armed it is rolled back", () => {
    const storage = platform();
    const alarm = new Alarm(storage, 500);
    const work = () => {
      alarm.armBy(100);
      throw new Error("rolled back");
    };
    expect(() => alarm.atomically(work)).toThrow("rolled back");
    expect(alarm.armedAt).toBe(500);
    expect(alarm.atomically(() => (alarm.armBy(200), "kept"))).toBe("kept");
    expect(alarm.armedAt).toBe(200);
  });
});
