/**
 * A set for millions of UUIDs: 16 bytes each in one flat table with open addressing, instead of a string and
 * a Map entry. Exact, since the table holds whole UUIDs.
 */
export class UuidSet {
  #table = new Uint32Array(4 * 1024);
  #used = new Uint8Array(1024);
  #size = 0;

  /** Adds the UUID given as four 32-bit words; returns false if it is there already. */
  add(a: number, b: number, c: number, d: number): boolean {
    if (this.#size * 4 > this.#used.length * 3) this.#grow();
    const at = this.#find(a, b, c, d);
    if (this.#used[at]) return false;
    this.#used[at] = 1;
    const word = at * 4;
    const table = this.#table;
    table[word] = a;
    table[word + 1] = b;
    table[word + 2] = c;
    table[word + 3] = d;
    this.#size++;
    return true;
  }

  /** The slot that holds the UUID, or the free one where it belongs. */
  #find(a: number, b: number, c: number, d: number): number {
    const mask = this.#used.length - 1;
    let at =
      (Math.imul(a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ d, 0x9e3779b1) >>> 7) & mask;
    while (this.#used[at]) {
      const word = at * 4;
      const table = this.#table;
      if (table[word] === a && table[word + 1] === b && table[word + 2] === c && table[word + 3] === d) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  #grow(): void {
    const before = this.#table;
    const used = this.#used;
    this.#table = new Uint32Array(before.length * 2);
    this.#used = new Uint8Array(used.length * 2);
    for (let at = 0; at < used.length; at++) {
      if (!used[at]) continue;
      const uuid = before.subarray(at * 4, at * 4 + 4);
      const next = this.#find(uuid[0]!, uuid[1]!, uuid[2]!, uuid[3]!);
      this.#used[next] = 1;
      this.#table.set(uuid, next * 4);
    }
  }
}
