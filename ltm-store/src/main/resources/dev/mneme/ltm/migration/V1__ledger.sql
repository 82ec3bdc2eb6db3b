-- A space is one owner's memory (kind U) or a shared collection (kind C, named by usr).
create table space (
  id int generated always as identity primary key,
  kind char(1) not null,
  tenant varchar(1000) not null,
  usr varchar(1000) not null,
  agent varchar(1000) not null,
  constraint space_key unique (tenant, usr, agent, kind)
);

create table session (
  id int generated always as identity primary key,
  space_id int not null,
  name varchar(1000) not null,
  constraint session_key unique (space_id, name)
);

-- Every mutation, in order. Turns keep their content in their own row; the others keep it here.
create table change_log (
  seq bigint primary key,
  op varchar(16) not null,
  space_id int,
  target varchar(1000),
  at bigint not null,
  payload varchar(1048576)
);
create index change_space on change_log(space_id, seq);

create table turn (
  seq bigint primary key,
  space_id int not null,
  session_id int not null,
  idx int not null,
  id varchar(1000) not null,
  role char(1) not null,
  speaker varchar(1000) not null,
  at bigint not null,
  echo boolean not null,
  simhash bigint not null,
  forgotten_at bigint,
  revised_by varchar(1000),
  extra varchar(1048576),
  content varchar(1048576) not null
);
create unique index turn_id on turn(space_id, id);
create index turn_place on turn(session_id, idx);

create table signal (
  seq bigint primary key,
  space_id int not null,
  session_id int not null,
  turn_id varchar(1000) not null,
  body varchar(1048576) not null
);
create index signal_turn on signal(space_id, turn_id);

-- One row a version; the version with replaced_seq null is the newest.
create table fact (
  seq bigint primary key,
  space_id int not null,
  id varchar(64) not null,
  subject varchar(200) not null,
  attribute varchar(200) not null,
  val varchar(2000) not null,
  status varchar(12) not null,
  source_turn varchar(1000),
  recorded_at bigint not null,
  replaced_at bigint,
  valid_from bigint not null,
  valid_to bigint,
  body varchar(1048576) not null
);
create index fact_id on fact(space_id, id, seq);
create index fact_subject on fact(space_id, subject, attribute);
create index fact_source on fact(space_id, source_turn);

create table pair (
  seq bigint primary key,
  space_id int not null,
  id varchar(200) not null,
  body varchar(1048576) not null
);
create unique index pair_id on pair(space_id, id);

create table pair_source (
  space_id int not null,
  turn_id varchar(1000) not null,
  pair_id varchar(200) not null,
  primary key (space_id, turn_id, pair_id)
);

-- Which checkpoint learnt from which turn.
create table trained_on (
  space_id int not null,
  turn_id varchar(1000) not null,
  checkpoint varchar(200) not null,
  primary key (space_id, turn_id, checkpoint)
);

create table grants (
  collection_id int not null,
  usr varchar(1000) not null,
  agent varchar(1000) not null,
  may_write boolean not null,
  primary key (collection_id, usr, agent)
);

create table shared (
  collection_id int not null,
  turn_seq bigint not null,
  primary key (collection_id, turn_seq)
);
create index shared_turn on shared(turn_seq);

create table vector (
  turn_seq bigint not null,
  generation int not null,
  data varbinary(65536) not null,
  primary key (turn_seq, generation)
);

create table meta (
  name varchar(100) primary key,
  val varchar(4000) not null
);
