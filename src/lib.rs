//! dealdeck
