//! Who runs what: the slots, and the sessions with slots of their own.
//!
//! What runs in a state that is kept goes to the slot that its hash says, so that it finds the state; anything else
//! goes to the slot with the shortest queue. What has met its limit of time or memory the last time goes to the last slot,
//! which no hash says, so that it holds up its like and nobody else. A slot is taken for one task; who finds it taken waits, in order, up to
//! the queue limit.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness::measure::events::log::EventEntry;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::protocol::{Answer, Task};
use crate::slot::{self, Job, WorkerConfig, WorkerFailure};

/// A session that has been idle for this long makes room for others.
const IDLE: Duration = Duration::from_secs(60);

/// The most variables of a session, over all of its executions of expressions.
pub const MOST_SESSION_VARIABLES: usize = 1000;

/// Why a task was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has waited as long as anybody may.
    QueueLimit,
    /// The time of its request was over before its turn came.
    Deadline,
    /// There are as many sessions as there may be, and all are in use.
    Sessions,
    /// The worker failed.
    Worker(WorkerFailure),
}

/// A place for a worker.
pub struct Slot {
    jobs: Sender<Job>,
    is_free: Arc<Semaphore>,
    /// Tasks in it or waiting for it.
    load: AtomicUsize,
}

impl Slot {
    fn start(name: String, config: WorkerConfig) -> std::io::Result<Slot> {
        let jobs = slot::start(name, config)?;
        Ok(Slot { jobs, is_free: Arc::new(Semaphore::new(1)), load: AtomicUsize::new(0) })
    }

    /// Has the slot's worker carry out a task, after at most `queue_limit` of waiting, and for no longer than until the
    /// deadline.
    async fn carry_out(
        &self,
        mut task: Task,
        queue_limit: Duration,
        deadline: Instant,
        on_event: Box<dyn FnMut(EventEntry) + Send>,
    ) -> Result<Answer, Refusal> {
        let _counted = Counted::new(&self.load);
        let permit = match timeout(queue_limit, Arc::clone(&self.is_free).acquire_owned()).await {
            Ok(permit) => permit.expect("the semaphore is never closed"),
            Err(_elapsed) => return Err(Refusal::QueueLimit),
        };
        let left_ms = deadline.saturating_duration_since(Instant::now()).as_millis() as u64;
        task.limits.time_ms = task.limits.time_ms.min(left_ms);
        if left_ms == 0 {
            return Err(Refusal::Deadline);
        }
        let (reply, answer) = oneshot::channel();
        let gone = || Refusal::Worker(WorkerFailure::Ended("the slot has ended".to_string()));
        self.jobs.send(Job { task, on_event, reply, permit }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(Refusal::Worker)
    }
}

/// Counts as long as it lives, also if whoever waits goes away.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Counted<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What stays between the executions of one client.
#[derive(Default)]
pub struct Session {
    /// The variables of expressions.
    pub variables: Mutex<HashMap<String, i64>>,
    /// The slot of its Lua states, once there is one.
    slot: Mutex<Option<Arc<Slot>>>,
}

/// Which slot a task is for.
pub enum Place {
    /// The one of this hash.
    Hash(u64),
    /// Any.
    Any,
    /// The last one, for what is likely to take long.
    Last,
    /// The one of a session.
    Session(Arc<Session>),
}

/// All slots and sessions.
pub struct Pool {
    config: WorkerConfig,
    queue_limit: Duration,
    most_sessions: usize,
    slots: Mutex<Vec<Arc<Slot>>>,
    sessions: Mutex<HashMap<String, (Arc<Session>, Instant)>>,
}

impl Pool {
    /// A pool of `slots` slots. Workers are started when they are first needed.
    ///
    /// # Errors
    /// If there are no threads to be had.
    pub fn new(
        slots: usize,
        config: WorkerConfig,
        queue_limit: Duration,
        most_sessions: usize,
    ) -> std::io::Result<Pool> {
        let pool = Pool {
            slots: Mutex::new(start_slots(slots, &config)?),
            config,
            queue_limit,
            most_sessions,
            sessions: Mutex::default(),
        };
        Ok(pool)
    }

    /// How many slots there are, and how many tasks are in them or wait for them.
    pub fn load(&self) -> (usize, usize) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        (slots.len(), slots.iter().map(|slot| slot.load.load(Ordering::Relaxed)).sum())
    }

    /// How many sessions there are.
    pub fn session_count(&self) -> usize {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The session of that name, which may be new.
    ///
    /// # Errors
    /// [`Refusal::Sessions`].
    pub fn session(&self, name: &str) -> Result<Arc<Session>, Refusal> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if !sessions.contains_key(name) && sessions.len() >= self.most_sessions {
            let oldest = sessions.iter().min_by_key(|(_, (_, used))| *used);
            let idle = oldest.filter(|(_, (_, used))| now.duration_since(*used) >= IDLE);
            let idle = idle.map(|(name, _)| name.clone()).ok_or(Refusal::Sessions)?;
            sessions.remove(&idle);
        }
        match sessions.entry(name.to_string()) {
            Entry::Occupied(mut entry) => {
                entry.get_mut().1 = now;
                Ok(Arc::clone(&entry.get().0))
            }
            Entry::Vacant(entry) => Ok(Arc::clone(&entry.insert((Arc::default(), now)).0)),
        }
    }

    /// Has a task carried out where it belongs, by the deadline.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn carry_out(
        &self,
        place: Place,
        task: Task,
        deadline: Instant,
        on_event: Box<dyn FnMut(EventEntry) + Send>,
    ) -> Result<Answer, Refusal> {
        let slot = self.slot_for(&place)?;
        slot.carry_out(task, self.queue_limit, deadline, on_event).await
    }

    fn slot_for(&self, place: &Place) -> Result<Arc<Slot>, Refusal> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        match place {
            Place::Hash(hash) => {
                let count = (slots.len() - 1).max(1);
                Ok(Arc::clone(&slots[(hash % count as u64) as usize]))
            }
            Place::Last => Ok(Arc::clone(slots.last().expect("there is a slot"))),
            Place::Any => {
                let least = slots.iter().min_by_key(|slot| slot.load.load(Ordering::Relaxed));
                Ok(Arc::clone(least.expect("there is a slot")))
            }
            Place::Session(session) => {
                let mut own = session.slot.lock().unwrap_or_else(PoisonError::into_inner);
                if own.is_none() {
                    let slot = Slot::start("session".to_string(), self.config.clone());
                    let words = |error| Refusal::Worker(WorkerFailure::Ended(format!("no thread: {error}")));
                    *own = Some(Arc::new(slot.map_err(words)?));
                }
                Ok(Arc::clone(own.as_ref().expect("it has one now")))
            }
        }
    }

    /// Lets go of every session and every worker; those that are busy end with their task.
    ///
    /// # Errors
    /// If there are no threads to be had for new ones; then everything is as it was.
    pub fn reset(&self) -> std::io::Result<()> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        *slots = start_slots(slots.len(), &self.config)?;
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}

fn start_slots(count: usize, config: &WorkerConfig) -> std::io::Result<Vec<Arc<Slot>>> {
    (0..count).map(|place| Slot::start(format!("slot-{place}"), config.clone()).map(Arc::new)).collect()
}
