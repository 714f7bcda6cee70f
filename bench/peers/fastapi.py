"""The same routes in FastAPI, as its documentation builds them: SQLModel over asyncpg, PyJWT, pydantic response models."""

import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, Path, Query
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Column, DateTime, func, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

POOL = 10
SECRET = os.environ["JWT_SECRET"]
Priority = Literal["high", "medium", "low"]


class TaskTag(SQLModel, table=True):
    __tablename__ = "task_tags"
    task_id: int = Field(primary_key=True, foreign_key="tasks.id")
    tag_id: int = Field(primary_key=True, foreign_key="tags.id")
    user_id: str


class Tag(SQLModel, table=True):
    __tablename__ = "tags"
    id: int | None = Field(default=None, primary_key=True)
    user_id: str
    name: str


def now() -> datetime:
    return datetime.now(timezone.utc)


class Task(SQLModel, table=True):
    __tablename__ = "tasks"
    id: int | None = Field(default=None, primary_key=True)
    user_id: str
    title: str
    description: str | None = None
    completed: bool = False
    priority: str = "medium"
    created_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True)))
    updated_at: datetime = Field(default_factory=now, sa_column=Column(DateTime(timezone=True)))
    tags: list[Tag] = Relationship(link_model=TaskTag, sa_relationship_kwargs={"order_by": "Tag.name"})


class TagRead(SQLModel):
    id: int
    user_id: str
    name: str


class TaskRead(SQLModel):
    id: int
    user_id: str
    title: str
    description: str | None
    completed: bool
    priority: Priority
    tags: list[TagRead]
    created_at: datetime
    updated_at: datetime


class TaskPage(SQLModel):
    tasks: list[TaskRead]
    total: int
    page: int
    per_page: int


class TaskCreate(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    priority: Priority = "medium"


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    completed: bool | None = None
    priority: Priority | None = None


engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=POOL, max_overflow=0
)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    CORSMiddleware,
    allow_origins=os.environ["CORS_ORIGINS"].split(","),
    allow_methods=["*"],
    allow_headers=["Authorization", "Content-Type"],
)


async def get_session():
    async with sessions() as session:
        yield session


async def get_user(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]) -> str:
    try:
        if credentials is None:
            raise jwt.InvalidTokenError
        return jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"]})["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None


Session = Annotated[AsyncSession, Depends(get_session)]
User = Annotated[str, Depends(get_user)]
TaskId = Annotated[int, Path(ge=1, le=2_147_483_647)]


async def own_task(session: AsyncSession, user: str, task_id: int) -> Task:
    query = select(Task).where(Task.id == task_id, Task.user_id == user).options(selectinload(Task.tags))
    task = (await session.exec(query)).one_or_none()
    if task is None:
        raise HTTPException(404)
    return task


@app.get("/health")
async def health(session: Session):
    await session.exec(text("select 1"))
    return {"status": "ok", "database": "connected", "timestamp": now()}


@app.get("/api/v1/tasks", response_model=TaskPage)
async def list_tasks(
    session: Session, user: User, page: Annotated[int, Query(ge=1)] = 1, per_page: Annotated[int, Query(ge=1, le=100)] = 20
):
    query = select(Task).where(Task.user_id == user).order_by(Task.created_at.desc(), Task.id.desc())
    total = (await session.exec(select(func.count()).select_from(Task).where(Task.user_id == user))).one()
    tasks = (await session.exec(query.limit(per_page).offset((page - 1) * per_page).options(selectinload(Task.tags)))).all()
    return {"tasks": tasks, "total": total, "page": page, "per_page": per_page}


@app.get("/api/v1/tasks/{task_id}", response_model=TaskRead)
async def read_task(session: Session, user: User, task_id: TaskId):
    return await own_task(session, user, task_id)


@app.post("/api/v1/tasks", status_code=201, response_model=TaskRead)
async def create_task(session: Session, user: User, values: TaskCreate):
    task = Task(**values.model_dump(), user_id=user, tags=[])
    session.add(task)
    await session.commit()
    return task


@app.put("/api/v1/tasks/{task_id}", response_model=TaskRead)
async def update_task(session: Session, user: User, task_id: TaskId, values: TaskUpdate):
    task = await own_task(session, user, task_id)
    task.sqlmodel_update(values.model_dump(exclude_unset=True))
    task.updated_at = now()
    await session.commit()
    return task
