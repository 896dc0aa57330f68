//! From a request to its answer: the one place that says what a host does for each.

use super::protocol::{AnswerHead, MessageHead, Rendered, Request, Response};
use crate::capability::Grant;
use crate::component::{ManifestError, Message, Package, Said};
use crate::error::{Error, Result};
use crate::host::Host;

/// What a request is answered with.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    /// Empty when the response has no bytes.
    pub(super) bytes: Vec<u8>,
}

/// Has the host do what a request asks for.
pub(super) async fn answer(host: Host, request: Request, body: Vec<u8>) -> Result<Answer> {
    let response = match request {
        Request::Deploy { package, options } => {
            let deployment = host.deploy_with(checked(package, body)?, &options).await?;
            Response::Deployment(Box::new(deployment))
        }
        Request::Plan { package, options } => {
            Response::Preview(Box::new(host.plan(checked(package, body)?, &options).await?))
        }
        Request::Update { name, version, options } => {
            Response::Deployment(Box::new(host.update(&name, &version, &options).await?))
        }
        Request::PlanUpdate { name, version, options } => {
            Response::Preview(Box::new(host.plan_update(&name, &version, &options).await?))
        }
        Request::Rollback { name, options } => Response::Deployment(Box::new(host.rollback(&name, &options).await?)),
        Request::Split { name, options } => Response::Deployment(Box::new(host.split(&name, &options).await?)),
        Request::Scale { name, max, origin } => Response::Record(Box::new(host.scale(&name, max, &origin).await?)),
        Request::Remove { name, origin } => Response::Release(Box::new(host.remove_for(&name, &origin).await?)),
        Request::Call { name, head } => {
            let MessageHead { content_type, metadata } = head;
            let message = Message {
                content_type,
                body,
                metadata,
            };
            let called = host.call_metered(&name, message).await?;
            let Message {
                content_type,
                body,
                metadata,
            } = called.answer;
            let response = Response::Message(AnswerHead {
                content_type,
                metadata,
                fuel: called.fuel,
            });
            return Ok(Answer { response, bytes: body });
        }
        Request::Invoke {
            name,
            invocations,
            bytes,
        } => {
            let results = host.invoke_all_metered(&name, invocations).await?;
            let rendered = results.into_iter().map(|result| {
                result.answer.map(|value| Rendered {
                    wave: value.to_wave(),
                    json: value.to_json(bytes),
                    fuel: result.fuel,
                })
            });
            Response::Results(rendered.collect())
        }
        Request::Grant {
            name,
            capability,
            pattern,
            options,
        } => {
            let grant = Grant::parse(capability, &pattern)?;
            Response::Permission(host.grant(&name, grant, &options).await?)
        }
        Request::Revoke {
            name,
            capability,
            pattern,
            origin,
        } => {
            let grant = Grant::parse(capability, &pattern)?;
            Response::Permission(host.revoke(&name, grant, &origin).await?)
        }
        Request::Permissions { name } => Response::Permissions(host.permissions(name.as_ref()).await?),
        Request::Resume { name, origin } => Response::Resumed(host.resume(&name, &origin).await?),
        Request::Usage => Response::Usage(host.usage()),
        Request::Status => Response::Status(host.status()),
        Request::Audit => Response::Audit(host.audit()),
        Request::AuditCheckpoint => Response::Checkpoint(host.audit_checkpoint().await?),
        Request::RotateAuditKey { origin } => Response::AuditKey(host.rotate_audit_key(&origin).await?),
        Request::Release { name } => Response::Release(Box::new(host.release(&name)?)),
        Request::Releases { name } => Response::Releases(host.releases(&name).await?),
        Request::History { name } => Response::History(host.history(&name).await?),
        Request::Bytes { name, version } => {
            let bytes = match version {
                Some(version) => host.release_bytes(&name, &version).await?,
                None => host.bytes(&name).await?,
            };
            let response = Response::Bytes;
            return Ok(Answer { response, bytes });
        }
        // Events have no answer of their own: whoever asks for them gets them until the host ends.
        Request::Events { .. } => Response::End,
    };
    Ok(Answer {
        response,
        bytes: Vec::new(),
    })
}

/// A package whose manifest does not contradict itself, as one that was read from text does not.
fn checked(said: Said, bytes: Vec<u8>) -> Result<Package> {
    match said.manifest.as_ref().and_then(|manifest| manifest.mistake()) {
        Some((_, reason)) => Err(Error::Manifest(ManifestError::at("", 0, reason))),
        None => Ok(Package::of(said, bytes)),
    }
}
