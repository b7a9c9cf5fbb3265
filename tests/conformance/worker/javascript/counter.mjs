// A module with state.

export const name = 'counter';
export let count = 0;
export const increment = () => ++count;
