//! Reports: their numbers, their four forms, their size and their speed.

mod numbers;
mod page;
mod run;
mod speed;
mod text;
