//! One holder and one file: whether it can, should and wants to read it.

use super::another_key::other_way;
use super::{Access, File, Reach, State};

/// One holder and one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// It declares secrets of the file.
    pub declares: bool,
    /// Whether the rule names one of its keys; nothing where no rule takes the file.
    pub named: Option<bool>,
    /// How far its keys reach; nothing where they do not reach at all, or are not known.
    pub reach: Option<Reach>,
    /// What that comes to; nothing where it neither can nor should nor wants to read it.
    pub mark: Option<Mark>,
}

/// What a cell comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It can read the file, and the rule, if one takes the file, says so.
    Reads,
    /// It can, together with holders of other key groups.
    ReadsWithOthers,
    /// It can, and the rule does not name it.
    ReadsUnruled,
    /// It cannot, and the rule names it.
    RuledUnread,
    /// The rule names it, and the file does not tell whether it can: the recipients of an age file have no name.
    RuledUnknown,
    /// It cannot, and declares secrets of the file.
    WantsUnread,
    /// It declares secrets of the file, and its keys or the file's recipients are not known.
    WantsUnknown,
    /// Only its ssh key itself would open it, which sops-nix does not use.
    OnlyAsSsh,
}

impl Mark {
    /// Every mark, in the order of a legend.
    pub const ALL: [Mark; 8] = [
        Mark::Reads,
        Mark::ReadsWithOthers,
        Mark::ReadsUnruled,
        Mark::RuledUnread,
        Mark::RuledUnknown,
        Mark::WantsUnread,
        Mark::WantsUnknown,
        Mark::OnlyAsSsh,
    ];

    /// The words that CSV and JSON use.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Reads => "reads",
            Mark::ReadsWithOthers => "reads with others",
            Mark::ReadsUnruled => "reads, not in rule",
            Mark::RuledUnread => "in rule, cannot read",
            Mark::RuledUnknown => "in rule, unknown",
            Mark::WantsUnread => "declares, cannot read",
            Mark::WantsUnknown => "declares, unknown",
            Mark::OnlyAsSsh => "only as ssh key",
        }
    }

    /// The character that a table shows.
    pub fn character(self) -> char {
        match self {
            Mark::Reads => 'x',
            Mark::ReadsWithOthers => 's',
            Mark::ReadsUnruled => '+',
            Mark::RuledUnread => '-',
            Mark::RuledUnknown => '~',
            Mark::WantsUnread => '!',
            Mark::WantsUnknown => '?',
            Mark::OnlyAsSsh => 'k',
        }
    }

    /// What it means, as a clause.
    pub fn meaning(self) -> &'static str {
        match self {
            Mark::Reads => "can read it",
            Mark::ReadsWithOthers => "can read it only together with others (key groups)",
            Mark::ReadsUnruled => "can read it, though its rule does not say so",
            Mark::RuledUnread => "should by its rule, but cannot: `sops updatekeys` or `agenix --rekey` is due",
            Mark::RuledUnknown => "should by its rule; whether it can does not show in the file",
            Mark::WantsUnread => "declares secrets of it, but cannot read it",
            Mark::WantsUnknown => "declares secrets of it; whether it can read it is not known",
            Mark::OnlyAsSsh => "could with its ssh key itself, which sops-nix does not use",
        }
    }
}

impl<'a> Access<'a> {
    /// What there is to say of a holder and a file.
    pub fn cell(&self, file: &File<'a>, holder: usize) -> Cell {
        let declares = file.is_declared_by(holder);
        let named = file.should.as_ref().map(|should| should.reach.contains_key(&holder));
        let reach = file.can.as_ref().and_then(|can| can.reach.get(&holder)).copied();
        let mark = match reach {
            Some(Reach::Alone) if named == Some(false) => Some(Mark::ReadsUnruled),
            Some(Reach::Alone) => Some(Mark::Reads),
            _ if declares && self.knows_all_keys(file, holder) => Some(Mark::WantsUnread),
            _ if declares => Some(Mark::WantsUnknown),
            Some(Reach::Share { .. }) => Some(Mark::ReadsWithOthers),
            Some(Reach::OnlyAsSsh) => Some(Mark::OnlyAsSsh),
            None if named == Some(true) && self.may_read(file, holder) => Some(Mark::RuledUnknown),
            None if named == Some(true) && file.can.is_some() => Some(Mark::RuledUnread),
            None => None,
        };
        Cell { declares, named, reach, mark }
    }

    /// Whether the keys that somebody may open a file with are known, and the file's recipients.
    fn knows_all_keys(&self, file: &File<'a>, place: usize) -> bool {
        let Some(holder) = self.holders.get(place).filter(|holder| holder.unknown.is_none()) else { return false };
        match file.state {
            State::Sealed(document) => {
                let other_way = holder.sops().and_then(|sops| other_way(sops, &holder.keys, document));
                !self.doubtful.contains(&place) && other_way.is_none()
            }
            State::Age(_) => self.knows_age_keys(file, place),
            _ => false,
        }
    }
}
