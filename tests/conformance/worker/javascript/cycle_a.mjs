import {nameOfB} from './cycle_b.mjs';

export const nameOfA = () => 'a';
export const whole = () => `a of ${nameOfB()}`;
