/*
 * HTTP-date  = IMF-fixdate / obs-date                                  ; RFC9110§5.6.7
 * IMF-fixdate  = day-name "," SP day SP month SP year SP time-of-day SP GMT   ; Sun, 06 Nov 1994 08:49:37 GMT
 * obs-date     = rfc850-date / asctime-date
 * rfc850-date  = day-name-l "," SP 2DIGIT "-" month "-" 2DIGIT SP time-of-day SP GMT ; Sunday, 06-Nov-94 08:49:37 GMT
 * asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT )) SP time-of-day SP year ; Sun Nov  6 08:49:37 1994
 */
const IMF_FIXDATE = /^([A-Z][a-z]{2}), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850_DATE = /^([A-Z][a-z]{5,8}), (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME_DATE = /^([A-Z][a-z]{2}) ([A-Z][a-z]{2}) (\d\d| \d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

const DAY_NAMES: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];
const MONTH_NAMES: readonly string[] = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The first moment whose year has five digits, which no HTTP-date can name. */
const YEAR_10000_MS = 253_402_300_800_000;
const YEAR_0_MS = -62_167_219_200_000;

/** What the three forms have in common, as text. */
interface DateParts {
  readonly dayName: string;
  readonly day: string;
  readonly month: string;
  readonly year: number;
  readonly time: readonly [hour: string, minute: string, second: string];
}

/**
 * Writes a moment as IMF-fixdate, the one form a sender may generate (RFC9110§5.6.7).
 * @param ms milliseconds since 1970 in UTC, within the years 0 to 9999; parts of a second are cut off
 * @throws {RangeError} where the year has no four digits
 */
export function formatHttpDate(ms: number): string {
  if (!(ms >= YEAR_0_MS && ms < YEAR_10000_MS)) {
    throw new RangeError(`An HTTP-date names the years 0 to 9999; ${ms} ms is outside them.`);
  }
  return new Date(ms).toUTCString();
}

/**
 * Reads an HTTP-date in any of the three forms a recipient must accept (RFC9110§5.6.7). Strict: case, spacing,
 * day of the month and day of the week must all be right, since a date misread by one form is worse than none.
 * @param text the field value
 * @param nowMs the present moment, which decides the century of a two-digit year
 * @returns milliseconds since 1970 in UTC; `undefined` where `text` is not an HTTP-date
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const fixdate = IMF_FIXDATE.exec(text);
  if (fixdate !== null) {
    const [, dayName = '', day = '', month = '', year = '', hour = '', minute = '', second = ''] = fixdate;
    return momentOf({ dayName, day, month, year: Number(year), time: [hour, minute, second] });
  }
  const asctime = ASCTIME_DATE.exec(text);
  if (asctime !== null) {
    const [, dayName = '', month = '', day = '', hour = '', minute = '', second = '', year = ''] = asctime;
    return momentOf({ dayName, day, month, year: Number(year), time: [hour, minute, second] });
  }
  const rfc850 = RFC850_DATE.exec(text);
  return rfc850 === null ? undefined : rfc850Moment(rfc850, nowMs);
}

/** RFC9110§5.6.7: more than 50 years ahead means the most recent past year with the same last two digits. */
function rfc850Moment(match: RegExpExecArray, nowMs: number): number | undefined {
  const [, longName = '', day = '', month = '', digits = '', hour = '', minute = '', second = ''] = match;
  if (!DAY_NAMES.includes(longName)) return undefined;
  const dayName = longName.slice(0, 3);
  const time = [hour, minute, second] as const;
  const horizon = new Date(nowMs);
  horizon.setUTCFullYear(horizon.getUTCFullYear() + 50);
  // The latest century that is not beyond the horizon; its 29 February may not exist, so the day is checked after.
  const latest = horizon.getUTCFullYear();
  let year = latest - (latest % 100) + Number(digits);
  const latestStart = Date.UTC(year, MONTH_NAMES.indexOf(month), Number(day), ...numbers(time));
  if (latestStart > horizon.getTime()) year -= 100;
  return momentOf({ dayName, day, month, year, time });
}

function momentOf({ dayName, day, month, year, time }: DateParts): number | undefined {
  const monthIndex = MONTH_NAMES.indexOf(month);
  const dayOfMonth = Number(day);
  const [hour, minute, second] = numbers(time);
  if (monthIndex < 0 || hour > 23 || minute > 59) return undefined;
  // A leap second stands at the end of a UTC day and nowhere else.
  if (second > 59 && !(second === 60 && minute === 59 && hour === 23)) return undefined;
  const date = new Date(0);
  // Not Date.UTC: it reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, monthIndex, dayOfMonth);
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== dayOfMonth) return undefined;
  if (DAY_NAMES[date.getUTCDay()]?.slice(0, 3) !== dayName) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}

function numbers([hour, minute, second]: DateParts['time']): [number, number, number] {
  return [Number(hour), Number(minute), Number(second)];
}
