/** How records have answers that nobody was given, of a candidate beside the version that answered. */

/** As what such an answer is recorded: it is counted and labelled nowhere, but beside the one that was given. */
export const SHADOW = 'shadow';
/** Its id is that of the answer that was given, and this. */
export const SHADOW_SUFFIX = '.shadow';
