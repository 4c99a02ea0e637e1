/** Finds the file of a symbol among the descriptors of what is served. */

import type { DescExtension, DescFile, DescMessage } from "@bufbuild/protobuf";

export class DescriptorIndex {
  readonly #files: Map<string, DescFile> = new Map();
  readonly #symbols: Map<string, DescFile> = new Map();
  readonly #extensions: Map<string, Map<number, DescFile>> = new Map();

  /** Takes in a file with its imports. The first file of a name counts: packages may bring the same one. */
  add(file: DescFile): void {
    const name = nameOf(file);
    if (this.#files.has(name)) return;
    this.#files.set(name, file);
    for (const { typeName } of file.enums) this.#symbols.set(typeName, file);
    for (const message of file.messages) this.#addMessage(message, file);
    for (const extension of file.extensions) this.#addExtension(extension, file);
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file);
      for (const method of service.methods) this.#symbols.set(`${service.typeName}.${method.name}`, file);
    }
    for (const dependency of file.dependencies) this.add(dependency);
  }

  byName(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  bySymbol(symbol: string): DescFile | undefined {
    return this.#symbols.get(symbol);
  }

  byExtension(typeName: string, number: number): DescFile | undefined {
    return this.#extensions.get(typeName)?.get(number);
  }

  /** undefined for a message that is not known. */
  extensionNumbers(typeName: string): readonly number[] | undefined {
    if (!this.#symbols.has(typeName)) return undefined;
    return [...(this.#extensions.get(typeName)?.keys() ?? [])];
  }

  /** The file, then everything it needs. */
  withImports(file: DescFile): readonly DescFile[] {
    const found = new Set<DescFile>();
    const visit = (visited: DescFile): void => {
      const known = this.#files.get(nameOf(visited)) ?? visited;
      if (found.has(known)) return;
      found.add(known);
      known.dependencies.forEach(visit);
    };
    visit(file);
    return [...found];
  }

  #addMessage(message: DescMessage, file: DescFile): void {
    this.#symbols.set(message.typeName, file);
    for (const { name } of message.fields) this.#symbols.set(`${message.typeName}.${name}`, file);
    for (const { typeName } of message.nestedEnums) this.#symbols.set(typeName, file);
    for (const nested of message.nestedMessages) this.#addMessage(nested, file);
    for (const extension of message.nestedExtensions) this.#addExtension(extension, file);
  }

  #addExtension(extension: DescExtension, file: DescFile): void {
    this.#symbols.set(extension.typeName, file);
    const numbers = this.#extensions.get(extension.extendee.typeName) ?? new Map<number, DescFile>();
    numbers.set(extension.number, file);
    this.#extensions.set(extension.extendee.typeName, numbers);
  }
}

/** Descriptors drop the ending that files have. */
function nameOf({ proto }: DescFile): string {
  return proto.name;
}
