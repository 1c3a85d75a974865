#![allow(dead_code)]
#[path = "../api/support.rs"] mod support;
#[path = "../api/talk.rs"] mod talk;
#[path = "../api/slow.rs"] mod slow;
#[path = "../api/faults.rs"] mod faults;
