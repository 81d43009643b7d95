//! The one integration test binary: a folder a subject.

mod metrics;
