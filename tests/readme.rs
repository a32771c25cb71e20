//! What the README says of the program is what the program says of itself.

use dealdeck::cli::keys_as_markdown;

#[test]
fn the_readme_has_the_table_of_keys() {
    let readme = include_str!("../README.md");
    assert!(readme.contains(&keys_as_markdown()), "put the output of 'dealdeck keys' into the README");
}
