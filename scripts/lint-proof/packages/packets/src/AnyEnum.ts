// expect: lint/style/noEnum lint/style/useFilenamingConvention lint/suspicious/noExplicitAny
/** Sources are erasable. */
export enum Colour {
  Red = 0,
}

/** Types say what they mean. */
export const anything: any = Colour.Red;
