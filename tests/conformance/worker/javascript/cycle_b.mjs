import {nameOfA} from './cycle_a.mjs';

export const nameOfB = () => `b of ${nameOfA()}`;
