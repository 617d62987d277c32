/** How an object of ours gets what it does not define itself from Node's own class. */
export interface NativeSource<T extends object> {
  /** The object of Node's class to call a method on that ours has not: made from ours, sharing its content. */
  method(self: T): object;
  /** The object of Node's class to read an attribute from that ours has not. */
  attribute(self: T): object;
}

/**
 * Makes a class of ours stand for Node's own: its objects are `instanceof` Node's class, its members are
 * enumerable as the standard's are, and every member of this Node's class that it lacks works as well.
 * @param ours the prototype of our class
 * @param native the prototype of Node's class
 * @param source where the members come from that ours lacks
 */
export function standInFor<T extends object>(ours: T, native: object, source: NativeSource<T>): void {
  Object.setPrototypeOf(ours, native);
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(ours))) {
    if (name !== 'constructor') Object.defineProperty(ours, name, { ...member, enumerable: true });
  }
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(native))) {
    const isCallable = member.get !== undefined || typeof member.value === 'function';
    if (isCallable && !Object.hasOwn(ours, name)) {
      Object.defineProperty(ours, name, borrow(name, member, source));
    }
  }
}

function borrow<T extends object>(
  name: string,
  member: PropertyDescriptor,
  source: NativeSource<T>,
): PropertyDescriptor {
  if (member.get !== undefined) {
    return {
      ...member,
      get(this: T): unknown {
        return Reflect.get(source.attribute(this), name);
      },
    };
  }
  return {
    ...member,
    value: function (this: T, ...args: unknown[]): unknown {
      return Reflect.apply(member.value, source.method(this), args);
    },
  };
}

/**
 * Lets `instanceof` our class hold for the objects of Node's own too, and for subclasses of ours as usual. It
 * also gives our class the name and length of Node's, and makes its functions enumerable as there.
 * @param ours our class
 * @param native Node's class
 */
export function acceptInstances(ours: Constructor, native: Constructor): void {
  for (const name of ['name', 'length'] as const) {
    Object.defineProperty(ours, name, { value: native[name], configurable: true });
  }
  for (const name of Object.keys(native)) {
    if (Object.hasOwn(ours, name)) Object.defineProperty(ours, name, { enumerable: true });
  }
  Object.defineProperty(ours, Symbol.hasInstance, {
    value(this: Constructor, value: unknown): boolean {
      if (this === ours) return value instanceof native;
      return Reflect.apply(Function.prototype[Symbol.hasInstance], this, [value]);
    },
  });
}

type Constructor = (abstract new (
  ...args: never[]
) => object) & { readonly name: string; readonly length: number };
