/* What the widget keeps in the browser: tokens and ids only, per organisation and per customer. It must not keep what is said. */

/**
 * A place of its own for each customer of each organisation, so that whoever signs in next on a shared computer
 * does not see the last one's conversations. Where the browser forbids storage, it lasts as long as the page.
 */
export class Storage {
  constructor(token, user) {
    const who = user.email || user.name ? `${fingerprint(`${user.email ?? ""}\n${user.name ?? ""}`)}:` : "";
    this.prefix = `glassine:${token}:${who}`;
    this.spare = new Map();
  }

  get(name) {
    try {
      return localStorage.getItem(this.prefix + name) ?? this.spare.get(name) ?? null;
    } catch {
      return this.spare.get(name) ?? null;
    }
  }

  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(this.prefix + name);
      else localStorage.setItem(this.prefix + name, value);
    } catch {
      // Storage of embedded pages can be shut off: then the page's own memory has to do.
    }
    if (value === null) this.spare.delete(name);
    else this.spare.set(name, value);
  }
}

/** 64 bits of FNV-1a (Fowler, Noll, Vo): tells customers apart without writing their address down. It protects nothing by itself. */
function fingerprint(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(36);
}
