//! Sets of small numbers, one bit each: the arithmetic of "which peers".

/// A set of numbers below a fixed size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    size: usize,
}

impl Bits {
    /// No number below `size`.
    pub(crate) fn none(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)], size }
    }

    /// Every number below `size`.
    pub(crate) fn all(size: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; size.div_ceil(64)], size };
        bits.clear_tail();
        bits
    }

    /// These numbers, all of which are below `size`.
    pub(crate) fn of(size: usize, members: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = Self::none(size);
        members.into_iter().for_each(|member| bits.insert(member));
        bits
    }

    /// The bound below which the members are.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Adds one number; one that is not below the size is left out.
    pub(crate) fn insert(&mut self, member: usize) {
        if member < self.size {
            self.words[member / 64] |= 1 << (member % 64);
        }
    }

    /// Whether the number is in the set.
    pub(crate) fn contains(&self, member: usize) -> bool {
        self.words.get(member / 64).is_some_and(|word| word >> (member % 64) & 1 == 1)
    }

    /// Takes every number out.
    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Whether no number is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Keeps what is in `other` too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.zip(other, |a, b| a & b);
    }

    /// Adds what is in `other`.
    pub(crate) fn unite(&mut self, other: &Self) {
        self.zip(other, |a, b| a | b);
    }

    /// Removes what is in `other`.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.zip(other, |a, b| a & !b);
    }

    /// What is in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut bits = self.clone();
        bits.intersect(other);
        bits
    }

    /// The members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    fn zip(&mut self, other: &Self, each: impl Fn(u64, u64) -> u64) {
        debug_assert_eq!(self.size, other.size, "sets over different peers never meet");
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            *word = each(*word, *with);
        }
    }

    fn clear_tail(&mut self) {
        if let Some(last) = self.words.last_mut()
            && !self.size.is_multiple_of(64)
        {
            *last &= (1 << (self.size % 64)) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn the_tail_of_the_last_word_is_never_a_member() {
        for size in [0, 1, 63, 64, 65, 130] {
            assert_eq!(Bits::all(size).iter().count(), size);
            assert_eq!(Bits::all(size), Bits::of(size, 0..size + 70));
            assert!(!Bits::all(size).contains(size));
        }
    }

    #[test]
    fn set_arithmetic_follows_the_members() {
        let (odd, low) = (Bits::of(130, (1..130).step_by(2)), Bits::of(130, 0..100));
        assert_eq!(odd.and(&low).iter().collect::<Vec<_>>(), (1..100).step_by(2).collect::<Vec<_>>());
        let mut rest = low.clone();
        rest.subtract(&odd);
        assert_eq!(rest.iter().collect::<Vec<_>>(), (0..100).step_by(2).collect::<Vec<_>>());
        rest.unite(&odd);
        assert_eq!(rest.iter().count(), 50 + 65);
    }
}
