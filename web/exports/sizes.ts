/** How many bytes, in words: three digits at most, in units of 1,000 as file managers and bills have them. */
const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

export const printBytes = (bytes: number): string => {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toFixed(digits)} ${units[unit]}`;
};
