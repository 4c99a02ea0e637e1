/** Numbers for people. */

/** Three significant digits, thousands parted by commas. */
export function plain(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const [whole = "", fraction] = Math.abs(Number(value.toPrecision(3)))
    .toFixed(Math.min(digits, 3))
    .split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return `${value < 0 ? "-" : ""}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** How many times `one` goes into `other`. */
export function times(one: number | undefined, other: number | undefined): string {
  return one === undefined || other === undefined || one === 0 ? "" : `${plain(other / one)}`;
}

/** Microseconds as milliseconds. */
export function milliseconds(micros: number | undefined): string {
  return micros === undefined ? "" : plain(micros / 1000);
}
