//! Git's objects, by git itself: it alone knows every place where they may lie.

use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gix_index::entry::Mode;
use gix_index::hash::ObjectId;

use super::git::GitError;
use super::read::{MAX_NAMED, TAIL};

/// What stands for content that git keeps elsewhere or encrypted: what Git LFS and git-crypt put into the repository.
const STAND_INS: [&[u8]; 2] = [b"version https://git-lfs.github.com/spec/", b"\0GITCRYPT\0"];

/// A `git cat-file --batch` (git-cat-file(1)) that lives as long as this.
#[derive(Debug)]
pub struct Objects {
    top: PathBuf,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A file's content: all of it, or the end of one that is too large to be read.
pub struct Blob {
    /// Its size in bytes.
    pub size: u64,
    /// What is read of it.
    pub content: Cursor<Vec<u8>>,
}

/// A command of git about the repository around a folder. In a hook git has said which repository and which index it
/// means, relative to the hook's own folder (githooks(5)).
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    if std::env::var_os("GIT_DIR").is_none() {
        command.current_dir(folder);
    }
    command
}

/// What git answers, without the newline at its end.
pub fn ask(command: &mut Command) -> Result<String, GitError> {
    let failed = |why: String| GitError::Program { why };
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let answer = String::from_utf8(output.stdout).map_err(|_| failed("its answer is not UTF-8".to_owned()))?;
    Ok(answer.trim_end_matches('\n').to_owned())
}

/// The files of a tree object, each as its mode, its object and its path in it (git-ls-tree(1)).
pub fn files_of(folder: &Path, tree: ObjectId) -> Result<Vec<(Mode, ObjectId, String)>, GitError> {
    let answer = ask(git(folder).args(["ls-tree", "-r", "-z", "--full-tree"]).arg(tree.to_string()))?;
    let files = answer.split_terminator('\0').map(|line| {
        let (file, path) = line.split_once('\t')?;
        let mut words = file.split(' ');
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let id = ObjectId::from_hex(words.nth(1)?.as_bytes()).ok()?;
        Some((Mode::from_bits_truncate(mode), id, path.to_owned()))
    });
    let files: Option<Vec<_>> = files.collect();
    files.ok_or_else(|| GitError::Program { why: format!("the tree {tree} cannot be read") })
}

impl Objects {
    /// Starts git. `top`: the work tree's top folder.
    pub fn of(folder: &Path, top: PathBuf) -> Result<Self, GitError> {
        let failed = |error: io::Error| GitError::Program { why: error.to_string() };
        let mut command = git(folder);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let missing = || failed(io::ErrorKind::BrokenPipe.into());
        let questions = child.stdin.take().ok_or_else(missing)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        Ok(Objects { top, child, questions, answers })
    }

    /// The content of a file, as a checkout would write it where git does not keep it itself. An error as a clause.
    pub fn blob(&mut self, id: ObjectId, path: &str) -> Result<Blob, String> {
        let blob = self.stored(id).map_err(|error| format!("cannot be read from git: {error}"))?;
        if !STAND_INS.iter().any(|mark| blob.content.get_ref().starts_with(mark)) {
            return Ok(blob);
        }
        let mut command = git(&self.top);
        command.args(["cat-file", "--filters", &format!("--path={path}")]).arg(id.to_string());
        let output = command.output().map_err(|error| format!("cannot be read from git: {error}"))?;
        match output.status.success() {
            true => Ok(Blob { size: output.stdout.len() as u64, content: Cursor::new(output.stdout) }),
            false => Err("is kept outside of git, and git's filter does not give it".to_owned()),
        }
    }

    fn stored(&mut self, id: ObjectId) -> io::Result<Blob> {
        writeln!(self.questions, "{id}")?;
        self.questions.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        // "ID blob SIZE", or "ID missing".
        let size = header.trim_end().rsplit_once(" blob ").and_then(|(_, size)| size.parse().ok());
        let size: u64 = size.ok_or_else(|| io::Error::other("the object is missing"))?;
        let skipped = if size > MAX_NAMED { size - TAIL } else { 0 };
        io::copy(&mut self.answers.by_ref().take(skipped), &mut io::sink())?;
        let mut content = Vec::new();
        self.answers.by_ref().take(size - skipped).read_to_end(&mut content)?;
        // Each answer ends with a newline.
        self.answers.read_exact(&mut [0])?;
        Ok(Blob { size, content: Cursor::new(content) })
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It only reads; what becomes of it is of no concern.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
