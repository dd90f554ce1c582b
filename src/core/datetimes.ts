/** All of datetimes, a kind and its steps, as a browser loads them: together. */
export { datetime } from './kinds/datetime.ts';
export { difference, hour, month, weekday } from './steps/datetime.ts';
