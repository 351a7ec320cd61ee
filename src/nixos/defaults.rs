//! What nixpkgs gives options that nobody sets, where that follows from names: of users, groups, units
//! and of the services that make them.

use super::configuration::{Class, Configuration};
use super::facts::{self, Territory};
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::unknown::Reason;
use crate::nix::value::{Outcome, Value};

impl<'a> Configuration<'a> {
    /// The text that nixpkgs gives the option at a path.
    pub(super) fn named_default(&'a self, eval: &Eval<'a>, path: &[Symbol]) -> Outcome<'a, Option<&'a str>> {
        let names: Vec<_> = path.iter().map(|name| name.as_str()).collect();
        match *names.as_slice() {
            ["users", "users" | "groups", name, "name"] => Ok(Some(eval.text(name))),
            ["users", "users", user, field] => self.user_default(eval, user, field),
            // nixos/lib/systemd-lib.nix
            ["systemd", kind, unit, "name"] => {
                Ok(unit_ending(kind).map(|ending| eval.text(&format!("{unit}.{ending}"))))
            }
            ["systemd", "services", unit, "serviceConfig", "User"] => self.user_of_unit(eval, unit),
            _ => Ok(None),
        }
    }

    /// What nixpkgs gives a user of `users.users`: the group and home of a normal user,
    /// the group of the service which makes it.
    fn user_default(&'a self, eval: &Eval<'a>, user: &str, field: &str) -> Outcome<'a, Option<&'a str>> {
        let of_normal_user = match (field, user) {
            ("home", "root") if self.class == Class::Nixos => return Ok(Some("/root")),
            ("home", user) if self.class == Class::Nixos => eval.text(&format!("/home/{user}")),
            ("group", user) => match facts::service_of_user(user) {
                Some(service) => return self.of_service(eval, &service, "group", &service.group),
                None => "users",
            },
            _ => return Ok(None),
        };
        let normal = self.at(eval, ["users", "users", user, "isNormalUser"])?;
        Ok(matches!(normal, Value::Bool(true)).then_some(of_normal_user))
    }

    /// The user or group of a service: what its option of that name says, where it has one that is set.
    /// Where that has a default which the table does not hold, the service's user was made from it.
    fn of_service(
        &'a self,
        eval: &Eval<'a>,
        service: &facts::ServiceUser,
        option: &str,
        by_default: &str,
    ) -> Outcome<'a, Option<&'a str>> {
        let by_default = Some(eval.text(by_default));
        let Some(options) = service.enabled_by.strip_suffix(".enable") else { return Ok(by_default) };
        let names = || options.split('.').chain([option]);
        if !self.class.table().is_some_and(|table| matches!(table.at(names()), Territory::Option(_))) {
            return Ok(by_default);
        }
        match self.at(eval, names())? {
            Value::String(set) => Ok(Some(set.text)),
            Value::Unknown(unknown) => {
                let unset = matches!(unknown.reason, Reason::UnsetOption(option) if option.split('.').eq(names()));
                Ok(by_default.filter(|_| unset))
            }
            _ => Ok(None),
        }
    }

    /// The user that a service's unit of the same name runs as. Who reads it knows that there is one:
    /// Nix stops where a unit has no `User`.
    fn user_of_unit(&'a self, eval: &Eval<'a>, unit: &str) -> Outcome<'a, Option<&'a str>> {
        match facts::service_of_user(unit) {
            Some(service) if service.enabled_by == format!("services.{unit}.enable") => {
                self.of_service(eval, &service, "user", unit)
            }
            _ => Ok(None),
        }
    }
}

fn unit_ending(kind: &str) -> Option<&str> {
    let is_kind = matches!(kind, "paths" | "services" | "slices" | "sockets" | "targets" | "timers");
    kind.strip_suffix('s').filter(|_| is_kind)
}
