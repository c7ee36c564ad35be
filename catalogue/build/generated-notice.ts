/** The head of every file that is made from the catalogue. */
export const madeBy = 'Made by "annals catalogue build" from the files of the actions; do not edit.';
