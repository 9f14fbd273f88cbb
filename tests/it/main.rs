//! Everything that is tested through the public surface, in one binary: one file per feature.

mod adherence;
mod admin;
mod analytics;
mod architect;
mod conversations;
mod directory;
mod guest;
mod layers;
mod messaging;
mod missing;
mod notifications;
mod oauth;
mod openapi;
mod reports;
mod rest;
mod routing;
mod scenarios;
mod secrets;
mod shape;
mod skills;
mod sockets;
mod support;
mod users;
mod verify;
mod wire;
mod workforce;
