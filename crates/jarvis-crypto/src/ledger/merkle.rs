//! The Merkle tree of RFC 6962, section 2.1, of which only the right edge is kept.

use sha2::{Digest, Sha256};

use super::Hash;

/// RFC 6962, section 2.1: `SHA-256(0x00 || data)`.
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// RFC 6962, section 2.1: `SHA-256(0x01 || left || right)`.
fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The roots of the complete subtrees that a tree of `size` leaves is made of, the largest first: one for each bit set in `size`, so at
/// most 64. It is all that appending and computing the root need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf: see [`leaf_hash`].
    pub fn push(&mut self, leaf: Hash) {
        let (mut node, mut left) = (leaf, self.size);
        while left & 1 == 1 {
            if let Some(peak) = self.peaks.pop() {
                node = node_hash(&peak, &node);
            }
            left >>= 1;
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// The Merkle Tree Hash of all leaves; of none it is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            Some(smallest) => peaks.fold(*smallest, |right, left| node_hash(left, &right)),
            None => Sha256::new().finalize().into(),
        }
    }

    /// The subtrees' roots one after the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// What [`Frontier::to_bytes`] wrote at this size. None when that cannot be.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (peaks, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && u64::try_from(peaks.len()).ok()? == u64::from(size.count_ones());
        fits.then(|| Self { size, peaks: peaks.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hex;
    use super::*;

    /// The leaves and roots that implementations of Certificate Transparency test each other with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_known_roots_come_out() {
        let mut frontier = Frontier::default();
        assert_eq!(hex::encode(&frontier.root()), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            frontier.push(leaf_hash(leaf));
            assert_eq!(hex::encode(&frontier.root()), *root, "{} leaves", frontier.size());
        }
    }

    /// As RFC 6962 writes it down, section 2.1: k is the largest power of two smaller than n.
    fn by_the_book(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [one] => leaf_hash(one),
            many => {
                let k = many.len().next_power_of_two() / 2;
                node_hash(&by_the_book(&many[..k]), &by_the_book(&many[k..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_edge_alone_gives_the_root_of_the_whole_tree(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..200)) {
            let mut frontier = Frontier::default();
            for (count, leaf) in leaves.iter().enumerate() {
                // Written down and read again at every step, as between two transactions.
                frontier = Frontier::from_bytes(frontier.size(), &frontier.to_bytes()).unwrap();
                prop_assert_eq!(frontier.root(), by_the_book(&leaves[..count]));
                frontier.push(leaf_hash(leaf));
            }
            prop_assert_eq!(frontier.root(), by_the_book(&leaves));
            prop_assert_eq!(frontier.size(), u64::try_from(leaves.len()).unwrap());
        }

        #[test]
        fn an_edge_of_another_size_is_none(size in any::<u64>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let fits = bytes.len() == 32 * usize::try_from(size.count_ones()).unwrap();
            prop_assert_eq!(Frontier::from_bytes(size, &bytes).is_some(), fits);
        }
    }
}
